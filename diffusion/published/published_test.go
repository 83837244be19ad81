package published

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/sdtiny"
	"otherwise/nn"
	"otherwise/weights"
)

const (
	root     = "../.."
	networks = "../testdata/"
)

// nameTable reads the reference's table of CompVis names to diffusers'.
func nameTable(t *testing.T, network string) map[string]string {
	t.Helper()
	var table map[string]string
	readGzipped(t, "testdata/"+network+"_names.json.gz", &table)
	return table
}

func readGzipped(t *testing.T, path string, into any) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(text).Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestNamesAgreeWithReference(t *testing.T) {
	unet, err := diffusion.ParseUNet(read(t, networks+"sd_unet.json"))
	if err != nil {
		t.Fatal(err)
	}
	for network, c := range map[string]struct {
		prefix string
		rename func(string) string
	}{"unet": {"model.diffusion_model.", UNetNames(unet)}, "vae": {"first_stage_model.", AutoencoderNames(4)}} {
		table := nameTable(t, network)
		if len(table) < 200 {
			t.Fatalf("%s: the table has %d names", network, len(table))
		}
		for compvis, want := range table {
			if got := c.rename(strings.TrimPrefix(compvis, c.prefix)); got != want {
				t.Errorf("%s is %s, want %s", compvis, got, want)
			}
		}
	}
}

// TestForeignNamesAreNoNetworks makes sure that a name of no known network is not taken for one, whatever it is.
func TestForeignNamesAreNoNetworks(t *testing.T) {
	unet, err := diffusion.ParseUNet([]byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	known := diffusersNames(t)
	for _, name := range []string{"", ".", "out", "time_embed", "input_blocks", "input_blocks.x.0.y", "output_blocks.3", "middle_block.",
		"encoder", "encoder.mid", "decoder.up.x.block.0", "decoder.up.0", "decoder.up.9.block.0.conv1.weight", "label_emb.0.0.weight"} {
		for _, got := range []string{UNetNames(unet)(name), AutoencoderNames(4)(name)} {
			if known[got] {
				t.Errorf("%q was taken for %q", name, got)
			}
		}
	}
}

func diffusersNames(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, network := range []string{"unet", "vae"} {
		for _, name := range nameTable(t, network) {
			known[name] = true
		}
	}
	return known
}

func TestOpenDiffusersFolder(t *testing.T) {
	dir := sdtiny.Folder(t, root)
	m, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Tokenizer == nil || m.Text == nil || m.Classes != nil || m.Latents.Scale[0] != 0.18215 || m.Scheduler.BetaStart != 0.00085 {
		t.Errorf("opened %+v", m)
	}
	model, err := m.Load(golden.Backend(t), nn.LoadOptions{}, diffusion.Prompts{Classes: []string{"zebra"}})
	if err != nil {
		t.Fatal(err)
	}
	// The autoencoder's file has the older names of attention; the newer ones must hold the same.
	newer, err := weights.Open(networks + "attention_new_names.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer newer.Close()
	want, err := nn.LoadParams(newer)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range want.Names() {
		if got := model.AutoencoderParams.Get(name); got == nil || !got.Equal(want.Get(name)) {
			t.Errorf("%s is not what the file with the newer names holds", name)
		}
	}
	steps, err := m.Scheduler.Scheduler()
	if err != nil {
		t.Fatal(err)
	}
	if moves, err := steps.Moves(model.Schedule, 50); err != nil || len(moves) != 51 {
		t.Errorf("50 steps of PNDM are %d calls, error %v; want 51", len(moves), err)
	}
	if tokens, err := model.Conditioner.Tokens([]int{0, diffusion.Unconditional}); err != nil || tokens.Shape().Dimensions[1] != 77 {
		t.Errorf("tokens %v, error %v", tokens, err)
	}
}

// compVisFile writes the test's networks under CompVis' names: the autoencoder's attention as 1x1 convolutions, and with
// what else is in published checkpoints.
func compVisFile(t *testing.T, change func(map[string]weights.Tensor)) string {
	t.Helper()
	all := map[string]weights.Tensor{
		"model_ema.diffusion_modelout2bias": {DType: weights.F32, Shape: []int{4}, Data: []float32{123, 123, 123, 123}},
		"betas":                             {DType: weights.F32, Shape: []int{1}, Data: []float32{0.1}},
		"first_stage_model.loss.logvar":     {DType: weights.F32, Shape: []int{1}, Data: []float32{7}},
	}
	put := func(tensor weights.Tensor, compvis string) {
		if strings.Contains(compvis, ".mid.attn_1.") && len(tensor.Shape) == 2 {
			tensor.Shape = append(slices.Clone(tensor.Shape), 1, 1)
		}
		all[compvis] = tensor
	}
	add := func(file string, rename func(string) string) {
		src, err := weights.Open(networks + file + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		for _, name := range src.Names() {
			dtype, shape, err := src.Info(name)
			if err != nil {
				t.Fatal(err)
			}
			if !dtype.IsFloat() {
				continue
			}
			data, err := src.Float32(name)
			if err != nil {
				t.Fatal(err)
			}
			put(weights.Tensor{DType: dtype, Shape: shape, Data: data}, rename(name))
		}
	}
	compVis := func(network string) map[string]string {
		names := map[string]string{}
		for from, to := range nameTable(t, network) {
			names[to] = from
		}
		return names
	}
	unet, vae := compVis("unet"), compVis("vae")
	for _, tensor := range sdtiny.UNet(t, root) {
		put(tensor, unet[tensor.Name])
	}
	add("sd_vae", func(name string) string {
		name, _ = diffusersAutoencoder(name)
		return vae[name]
	})
	add("sd_text", func(name string) string { return "cond_stage_model.transformer." + name })
	if change != nil {
		change(all)
	}
	var list []weights.Tensor
	for _, name := range slices.Sorted(maps.Keys(all)) {
		tensor := all[name]
		tensor.Name = name
		list = append(list, tensor)
	}
	path := filepath.Join(t.TempDir(), "sd.safetensors")
	if err := weights.Write(path, list, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCompVisFileHoldsTheSame(t *testing.T) {
	options := Options{Config: "testdata/sd_tiny.yaml", TextConfig: networks + "sd_text.json", Tokenizer: "../tokenize/testdata"}
	single, err := Open(compVisFile(t, nil), options)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := Open(sdtiny.Folder(t, root), Options{})
	if err != nil {
		t.Fatal(err)
	}
	prompts := diffusion.Prompts{Classes: []string{"zebra"}}
	got, err := single.Load(golden.Backend(t), nn.LoadOptions{}, prompts)
	if err != nil {
		t.Fatal(err)
	}
	want, err := folder.Load(golden.Backend(t), nn.LoadOptions{}, prompts)
	if err != nil {
		t.Fatal(err)
	}
	for part, pair := range map[string][2]*nn.Params{"U-Net": {got.DenoiserParams, want.DenoiserParams},
		"autoencoder": {got.AutoencoderParams, want.AutoencoderParams}} {
		if !slices.Equal(pair[0].Names(), pair[1].Names()) {
			t.Fatalf("%s: names differ", part)
		}
		for _, name := range pair[0].Names() {
			if !pair[0].Get(name).Equal(pair[1].Get(name)) {
				t.Errorf("%s: %s differs", part, name)
			}
		}
	}
	a, err := got.Conditioner.Tokens([]int{0})
	if err != nil {
		t.Fatal(err)
	}
	b, err := want.Conditioner.Tokens([]int{0})
	if err != nil {
		t.Fatal(err)
	}
	golden.Near(t, "tokens", tensors.MustCopyFlatData[float32](a), tensors.MustCopyFlatData[float32](b), 0)
	if got.Schedule.Betas[500] != want.Schedule.Betas[500] || !slices.Equal(got.Latents.Scale, want.Latents.Scale) {
		t.Error("schedule or scale of the latents differs")
	}
}

func TestWrongTensorsAreListed(t *testing.T) {
	path := compVisFile(t, func(all map[string]weights.Tensor) {
		delete(all, "model.diffusion_model.out.2.bias")
		delete(all, "model.diffusion_model.input_blocks.4.0.skip_connection.weight")
		all["model.diffusion_model.label_emb.0.0.weight"] = weights.Tensor{DType: weights.F32, Shape: []int{1}, Data: []float32{1}}
		all["model.diffusion_model.time_embed.0.bias"] = weights.Tensor{DType: weights.F32, Shape: []int{1}, Data: []float32{1}}
	})
	m, err := Open(path, Options{Config: "testdata/sd_tiny.yaml", TextConfig: networks + "sd_text.json"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.UNetWeights.Load(golden.Backend(t), nn.LoadOptions{})
	var wrong *weights.MismatchError
	if !errors.As(err, &wrong) {
		t.Fatalf("got error %v", err)
	}
	if !slices.Equal(wrong.Missing, []string{"conv_out.bias", "down_blocks.1.resnets.0.conv_shortcut.weight"}) ||
		!slices.Equal(wrong.Extra, []string{"label_emb.0.0.weight"}) || len(wrong.Misshapen) != 1 || wrong.Misshapen[0].Name != "time_embedding.linear_1.bias" {
		t.Errorf("listed %+v", wrong)
	}
	if _, err := m.AutoencoderWeights.Load(golden.Backend(t), nn.LoadOptions{}); err != nil {
		t.Errorf("the autoencoder is whole: %v", err)
	}
	if _, err := m.Conditioner(golden.Backend(t), nil, diffusion.Prompts{}); err == nil || !strings.Contains(err.Error(), "tokenizer") {
		t.Errorf("without a tokenizer: error %v", err)
	}
}

func TestIdentityFollowsFilesAndConfiguration(t *testing.T) {
	dir := sdtiny.Folder(t, root)
	identity := func() string {
		m, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		id, err := m.UNetWeights.Identity()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := identity()
	if again := identity(); again != first {
		t.Errorf("identity changed from %s to %s", first, again)
	}
	file := filepath.Join(dir, "unet", "diffusion_pytorch_model.safetensors")
	if err := os.WriteFile(file, append(read(t, file), 0), 0o644); err != nil {
		t.Fatal(err)
	}
	if identity() == first {
		t.Error("a changed file has the same identity")
	}
}
