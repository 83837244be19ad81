package diffusion

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// stableDiffusion2 is the configuration of Stable Diffusion 2.1's U-Net as published, without the default fields.
const stableDiffusion2 = `{"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.10.0.dev0",
	"act_fn": "silu", "attention_head_dim": [5, 10, 20, 20], "block_out_channels": [320, 640, 1280, 1280],
	"center_input_sample": false, "cross_attention_dim": 1024,
	"down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
	"downsample_padding": 1, "dual_cross_attention": false, "flip_sin_to_cos": true, "freq_shift": 0, "in_channels": 4,
	"layers_per_block": 2, "mid_block_scale_factor": 1.0, "norm_eps": 1e-05, "norm_num_groups": 32, "num_class_embeds": null,
	"only_cross_attention": false, "out_channels": 4, "sample_size": 96, "upcast_attention": true,
	"up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
	"use_linear_projection": true}`

func TestPublishedUNetConfiguration(t *testing.T) {
	u, err := ParseUNet([]byte(stableDiffusion2))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(u.AttentionHeads, PerLevel{5, 10, 20, 20}) || !u.UseLinearProjection || u.CrossAttentionDim != 1024 {
		t.Errorf("read %+v", u)
	}
	if u, err = ParseUNet([]byte("{}")); err != nil || u.CrossAttentionDim != 1280 {
		t.Errorf("an empty configuration stands for diffusers' defaults; got %+v, error %v", u, err)
	}
}

func TestConfigurationsThatAreNotImplementedAreRefused(t *testing.T) {
	for name, raw := range map[string]string{
		"resnet_time_scale_shift": `{"resnet_time_scale_shift": "scale_shift"}`,
		"addition_embed_type":     `{"addition_embed_type": "text_time"}`,
		"class_embed_type":        `{"class_embed_type": "timestep"}`,
		"only_cross_attention":    `{"only_cross_attention": [true, false]}`,
		"mid_block_type":          `{"mid_block_type": null}`,
		"never_heard_of":          `{"never_heard_of": 3}`,
		"attention_head_dim":      `{"attention_head_dim": [8, 8]}`,
		"cross_attention_dim":     `{"cross_attention_dim": [768, 768, 768, 768]}`,
	} {
		if _, err := ParseUNet([]byte(raw)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got error %v", raw, err)
		}
	}
	for _, raw := range []string{`{"layers_per_block": 1000000}`, `{"transformer_layers_per_block": 1000000}`, `{"attention_head_dim": 0}`} {
		if _, err := ParseUNet([]byte(raw)); err == nil || !strings.Contains(err.Error(), "128") {
			t.Errorf("%s: got error %v", raw, err)
		}
	}
	_, err := ParseUNet([]byte(`{"act_fn": "mish", "freq_shift": 1, "sample_size": 7, "new_switch": false}`))
	if err == nil || !strings.Contains(err.Error(), "act_fn") || !strings.Contains(err.Error(), "freq_shift") || strings.Contains(err.Error(), "new_switch") {
		t.Errorf("two fields are wrong, and two are harmless; got error %v", err)
	}
	if _, err := ParseAutoencoderKL([]byte(`{"down_block_types": ["DownBlock3D"]}`)); err == nil || !strings.Contains(err.Error(), "DownBlock3D") {
		t.Errorf("unknown block: got error %v", err)
	}
	if _, err := ParseVQ([]byte(`{"norm_type": "spatial"}`)); err == nil || !strings.Contains(err.Error(), "norm_type") {
		t.Errorf("spatial norm: got error %v", err)
	}
	if _, err := ParseAutoencoderTiny([]byte(`{"act_fn": "gelu"}`)); err == nil || !strings.Contains(err.Error(), "act_fn") {
		t.Errorf("tiny autoencoder with GELU: got error %v", err)
	}
	if _, err := ParseAutoencoderTiny([]byte(`{"num_encoder_blocks": [1]}`)); err == nil || !strings.Contains(err.Error(), "one a level") {
		t.Errorf("tiny autoencoder with too few levels: got error %v", err)
	}
	if _, err := ParseTextEncoder([]byte(`{"hidden_act": "relu"}`)); err == nil || !strings.Contains(err.Error(), "relu") {
		t.Errorf("text encoder with ReLU: got error %v", err)
	}
	if _, err := ParseTextEncoder([]byte(`{"num_attention_heads": 5}`)); err == nil || !strings.Contains(err.Error(), "multiple") {
		t.Errorf("text encoder with 5 heads: got error %v", err)
	}
}

func TestPerLevelInJSON(t *testing.T) {
	for raw, want := range map[string]PerLevel{"8": {8}, "[5,10]": {5, 10}} {
		var got PerLevel
		if err := json.Unmarshal([]byte(raw), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read %v, error %v", raw, got, err)
		}
		if back, err := json.Marshal(got); err != nil || string(back) != raw {
			t.Errorf("%s: written as %s, error %v", raw, back, err)
		}
	}
	if err := json.Unmarshal([]byte(`"eight"`), new(PerLevel)); err == nil {
		t.Error("a word was read as a number")
	}
}
