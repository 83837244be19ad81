package published

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"otherwise/diffusion"
	"otherwise/internal/sdtiny"
	"otherwise/weights"
)

func TestClassConditionalConfiguration(t *testing.T) {
	m, err := Open(emptyFile(t), Options{Config: "testdata/cin_tiny.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	vq, ok := m.Autoencoder.(diffusion.VQ)
	if !ok || vq.Codes != 256 || vq.Channels() != 3 || vq.Factor() != 4 {
		t.Errorf("autoencoder %+v", m.Autoencoder)
	}
	if m.Classes == nil || *m.Classes != (diffusion.ClassEmbedding{Classes: 1000, Width: 32}) || m.Text != nil {
		t.Errorf("classes %+v, text %+v", m.Classes, m.Text)
	}
	if want := []string{"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"}; !slices.Equal(m.UNet.DownBlockTypes, want) {
		t.Errorf("down blocks %v, want %v", m.UNet.DownBlockTypes, want)
	}
	if want := []string{"CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"}; !slices.Equal(m.UNet.UpBlockTypes, want) {
		t.Errorf("up blocks %v, want %v", m.UNet.UpBlockTypes, want)
	}
	if m.Scheduler.BetaSchedule != "scaled_linear" || m.Scheduler.BetaEnd != 0.0195 || m.Latents.Scale[0] != 1 {
		t.Errorf("scheduler %+v, latents %+v", m.Scheduler, m.Latents)
	}
}

// TestStableDiffusion1IsTheDefault compares the embedded configuration with what diffusers' published one says.
func TestStableDiffusion1IsTheDefault(t *testing.T) {
	m, err := Open(emptyFile(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := diffusion.ParseUNet([]byte(`{"attention_head_dim": 8, "cross_attention_dim": 768}`))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.UNet.BlockOutChannels, want.BlockOutChannels) || !slices.Equal(m.UNet.DownBlockTypes, want.DownBlockTypes) ||
		!slices.Equal(m.UNet.UpBlockTypes, want.UpBlockTypes) || m.UNet.AttentionHeads.At(2) != 8 || m.UNet.CrossAttentionDim != 768 {
		t.Errorf("U-Net %+v", m.UNet)
	}
	if m.Text == nil || m.Text.HiddenSize != 768 || m.Text.Layers != 12 || m.Latents.Scale[3] != 0.18215 {
		t.Errorf("text encoder %+v, latents %+v", m.Text, m.Latents)
	}
}

// TestStableDiffusion2 reads settings that only the second version has.
func TestStableDiffusion2Settings(t *testing.T) {
	yaml := strings.NewReplacer("num_heads: 8", "num_head_channels: 16\n        use_linear_in_transformer: true",
		"scale_factor:", "parameterization: v\n    scale_factor:").Replace(string(read(t, "testdata/sd_tiny.yaml")))
	m, err := Open(emptyFile(t), Options{Config: file(t, yaml), TextConfig: networks + "sd_text.json"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.UNet.AttentionHeads, diffusion.PerLevel{2, 4, 2, 2}) || !m.UNet.UseLinearProjection || m.Scheduler.PredictionType != "v_prediction" {
		t.Errorf("U-Net %+v, scheduler %+v", m.UNet, m.Scheduler)
	}
}

func TestConfigurationsThatAreNotImplemented(t *testing.T) {
	sd := string(read(t, "testdata/sd_tiny.yaml"))
	for word, change := range map[string][2]string{
		"conditioning_key":     {"conditioning_key: crossattn", "conditioning_key: hybrid"},
		"use_scale_shift_norm": {"num_heads: 8", "num_heads: 8\n        use_scale_shift_norm: true"},
		"never_heard_of":       {"num_heads: 8", "num_heads: 8\n        never_heard_of: 1"},
		"diffusers' layout":    {"FrozenCLIPEmbedder", "FrozenOpenCLIPEmbedder"},
		"AutoencoderDC":        {"autoencoder.AutoencoderKL", "autoencoder.AutoencoderDC"},
		"beta_schedule":        {"timesteps: 1000", "timesteps: 1000\n    beta_schedule: sigmoid"},
		"unet_config":          {"unet_config", "other_config"},
		"cross_attention_dim":  {"context_dim: 32", "context_dim: 48"},
		"channels":             {"out_channels: 4", "out_channels: 8"},
		"yaml":                 {"model:", "model: ["},
	} {
		text := strings.Replace(sd, change[0], change[1], 1)
		if text == sd {
			t.Fatalf("%s: %q is not in the configuration", word, change[0])
		}
		_, err := Open(emptyFile(t), Options{Config: file(t, text), TextConfig: networks + "sd_text.json"})
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}

func TestPipelinesThatAreNotImplemented(t *testing.T) {
	dir := sdtiny.Folder(t, root)
	for path, change := range map[string][2]string{
		"model_index.json":         {`"vae":`, `"text_encoder_2": ["transformers", "CLIPTextModelWithProjection"], "vae":`},
		"unet/config.json":         {"UNet2DConditionModel", "SD3Transformer2DModel"},
		"vae/config.json":          {"AutoencoderKL", "AsymmetricAutoencoderKL"},
		"tokenizer/merges.txt":     {"\ni n\n", "\ni nnn\n"},
		"text_encoder/config.json": {"quick_gelu", "relu"},
	} {
		full := filepath.Join(dir, path)
		before := read(t, full)
		if err := os.WriteFile(full, []byte(strings.Replace(string(before), change[0], change[1], 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		word := strings.Trim(strings.Fields(strings.TrimPrefix(change[1], `"`))[0], `":`)
		if path == "tokenizer/merges.txt" {
			word = "innn"
		}
		if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v, want one with %s", path, err, word)
		}
		if err := os.WriteFile(full, before, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "nothing"), Options{}); err == nil {
		t.Error("a folder that isn't there was opened")
	}
}

// TestOtherAutoencoder puts a tiny autoencoder in the place of the model's own.
func TestOtherAutoencoder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), read(t, networks+"tiny_small.json"), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := Open(sdtiny.Folder(t, root), Options{Autoencoder: dir})
	if err != nil {
		t.Fatal(err)
	}
	if tiny, ok := m.Autoencoder.(diffusion.AutoencoderTiny); !ok || !tiny.Approximate() || m.Latents.Scale[0] != 1 {
		t.Errorf("autoencoder %+v, latents %+v", m.Autoencoder, m.Latents)
	}
}

func emptyFile(t *testing.T) string { return file(t, "") }

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMeasuredScaleIsReadFromTheCheckpoint covers models whose latents were scaled by their own deviation.
func TestMeasuredScaleIsReadFromTheCheckpoint(t *testing.T) {
	yaml := strings.Replace(string(read(t, "testdata/sd_tiny.yaml")), "scale_factor:", "scale_by_std: true\n    scale_factor:", 1)
	options := Options{Config: file(t, yaml), TextConfig: networks + "sd_text.json"}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	for name, want := range map[string]float64{"scale_factor": 0.75, "another": 0} {
		tensor := weights.Tensor{Name: name, DType: weights.F32, Shape: []int{}, Data: []float32{0.75}}
		if err := weights.Write(path, []weights.Tensor{tensor}, nil); err != nil {
			t.Fatal(err)
		}
		m, err := Open(path, options)
		switch {
		case want == 0 && (err == nil || !strings.Contains(err.Error(), "scale_factor")):
			t.Errorf("without a scale: error %v", err)
		case want != 0 && (err != nil || m.Latents.Scale[0] != want):
			t.Errorf("error %v, want scale %g", err, want)
		}
	}
}
