package bundle_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/sdtiny"
	"otherwise/nn"
)

// published lays the diffusion package's small networks out as diffusers does, with a recipe beside them.
func published(t *testing.T, recipe string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Rename(sdtiny.Folder(t, ".."), filepath.Join(dir, "sd")); err != nil {
		t.Fatal(err)
	}
	unpack(t, filepath.Join(dir, "net.onnx"), "../classify/onnx/testdata/resnet.onnx.gz")
	file := filepath.Join(dir, "small.toml")
	write(t, file, recipe)
	return file
}

// small is a recipe of these networks.
const small = `version = 1
name = "small"
description = "small networks with random weights"
[image]
width = 64
height = 64
[classes]
names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
[diffusion]
weights = "sd"
prompt = "a photo of a {}."
[classifier]
architecture = "onnx"
weights = "net.onnx"
[methods.ldce]
ddim_steps = 50
`

func unpack(t *testing.T, to, from string) {
	t.Helper()
	packed, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, string(data))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRecipeExplains(t *testing.T) {
	backend := golden.Backend(t)
	b, err := bundle.Open(backend, published(t, small))
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bundle.Trial{}
	if err := b.Try(context.Background(), func(r bundle.Trial) { tried[r.Part] = r }); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"conditioner", "denoiser", "encoder", "decoder", "classifier"} {
		if r, has := tried[part]; !has || r.Broken != "" {
			t.Errorf("%s: %+v", part, r)
		}
	}
	if got := tried["decoder"].Output; got != "(Float32)[1, 64, 64, 3]" {
		t.Errorf("the decoder gives %s", got)
	}
	picture := counterfactual.Picture{Height: 64, Width: 64, Channels: 3, Values: make([]float32, 64*64*3)}
	for i := range picture.Values {
		picture.Values[i] = float32(i%251) / 251
	}
	said, err := counterfactual.NewPredictor(b.Models).Probabilities(picture)
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.Method("ldce", []byte(`{"ddim_steps": 20, "strength": 0.2}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Explain(context.Background(), counterfactual.Problem{Picture: picture, Target: counterfactual.RunnerUp(said[0]), Seed: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Counterfactual.Validate(); err != nil {
		t.Error(err)
	}
}

func TestHalfPrecisionRecipe(t *testing.T) {
	half := strings.Replace(small, "[classifier]", "precision = \"bfloat16\"\n[classifier]", 1)
	b, err := bundle.Open(golden.Backend(t), published(t, half))
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Models.Diffusion.DenoiserParams.Get("conv_in.weight").DType().String(); got != "BFloat16" {
		t.Errorf("the denoiser's parameters are %s", got)
	}
}

func TestRecipesThatMakeNoSense(t *testing.T) {
	for want, change := range map[string][2]string{
		`line 5: there is no field "image.widht"`:    {"width", "widht"},
		"version is 2, this program reads version 1": {"version = 1", "version = 2"},
		"line 3, column": {`description = "`, `description = `},
		"classes: give one of list, names and file":      {"names = ", "list = \"imagenet1k\"\nnames = "},
		`classes: "a" comes twice, as 0 and 1`:           {`"b"`, `"a"`},
		`unknown set of labels "imagnet"`:                {"names = [", "list = \"imagnet\"\n#"},
		"CLIP's names are for ImageNet's 1000 classes":   {"names = [", "spoken = \"clip\"\nnames = ["},
		`unknown precision "float8"`:                     {"[classifier]", "precision = \"float8\"\n[classifier]"},
		`there is no method "lcde"`:                      {"[methods.ldce]", "[methods.lcde]"},
		"not found: ":                                    {`"net.onnx"`, `"no.onnx"`},
		"picture frame: 0x64":                            {"width = 64", "width = 0"},
		"both sides must be multiples of 64":             {"width = 64", "width = 96"},
		"sha256 is":                                      {`architecture = `, "sha256 = \"xyz\"\narchitecture = "},
		"9 names for 10 classes":                         {`, "j"`, ""},
		"is no reference to the hub":                     {`"sd"`, `"hf://owner/name"`},
		"not found on this machine: hf://owner/name@abc": {`"sd"`, `"hf://owner/name@abc"`},
	} {
		t.Run(want, func(t *testing.T) {
			t.Setenv("HF_HUB_CACHE", t.TempDir())
			changed := strings.Replace(small, change[0], change[1], 1)
			if changed == small {
				t.Fatal("the recipe did not change")
			}
			_, err := bundle.Open(golden.Backend(t), published(t, changed))
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestKeptRecipeKeepsItsFilesPlaces(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	file := published(t, small)
	r, _, folder, err := bundle.FindRecipe(file)
	if err != nil {
		t.Fatal(err)
	}
	r.Name = "mine"
	if err := r.MakeAbsolute(folder); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Keep(r); err != nil {
		t.Fatal(err)
	}
	all, err := bundle.Shelf()
	if err != nil || len(all[bundle.Added]) != 1 || all[bundle.Added][0] != "mine" {
		t.Errorf("added are %v, error %v", all[bundle.Added], err)
	}
	if _, err := bundle.Open(golden.Backend(t), "mine"); err != nil {
		t.Error(err)
	}
	r.Name = "fashion"
	if _, err := bundle.Keep(r); err == nil {
		t.Error("an embedded bundle's name was taken")
	}
	if _, _, _, err := bundle.FindRecipe("../mine"); !errors.Is(err, bundle.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

func TestHubIsAskedForWhatIsNotHere(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("HF_HUB_CACHE", cache)
	const revision = "0123456789abcdef0123456789abcdef01234567"
	recipe := published(t, strings.Replace(small, `"sd"`, `"hf://owner/name@`+revision+`"`, 1))
	asked := 0
	hub := func(model, rev string, files, weightsOf []string) (string, error) {
		asked++
		if model != "owner/name" || rev != revision || len(weightsOf) != 3 {
			t.Errorf("asked for %s at %s, weights of %q", model, rev, weightsOf)
		}
		return filepath.Join(filepath.Dir(recipe), "sd"), nil
	}
	if _, err := bundle.OpenWith(golden.Backend(t), recipe, bundle.Options{Hub: hub}); err != nil || asked != 1 {
		t.Fatalf("asked %d times, error %v", asked, err)
	}
	// What lies in the cache is not asked for.
	snapshots := filepath.Join(cache, "models--owner--name", "snapshots")
	if err := os.MkdirAll(snapshots, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(filepath.Dir(recipe), "sd"), filepath.Join(snapshots, revision)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tokenizer_config.json", "special_tokens_map.json"} {
		write(t, filepath.Join(snapshots, revision, "tokenizer", name), "{}")
	}
	if _, err := bundle.OpenWith(golden.Backend(t), recipe, bundle.Options{Hub: hub}); err != nil || asked != 1 {
		t.Fatalf("asked %d times, error %v", asked, err)
	}
}

// An adapter that a recipe names is added to the U-Net.
func TestRecipeWithLoRA(t *testing.T) {
	backend := golden.Backend(t)
	plain, err := bundle.Open(backend, published(t, small))
	if err != nil {
		t.Fatal(err)
	}
	unet := plain.Models.Diffusion.DenoiserParams
	lora, err := diffusion.NewLoRA(unet, 2, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	const layer = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
	width := unet.Get(layer + ".weight").Shape().Dimensions[0]
	lora.Params.Set(layer+nn.AdapterB, tensors.FromFlatDataAndDimensions(nn.Gaussian(2, "b", 2*width), width, 2))
	adapted := published(t, strings.Replace(small, "[diffusion]\n", "[diffusion]\nlora = [{weights = \"faces.safetensors\", scale = 0.5}]\n", 1))
	if err := lora.Write(filepath.Join(filepath.Dir(adapted), "faces.safetensors")); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(backend, adapted)
	if err != nil {
		t.Fatal(err)
	}
	want, err := lora.Merge(backend, unet, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range unet.Names() {
		golden.Near(t, name, tensors.MustCopyFlatData[float32](b.Models.Diffusion.DenoiserParams.Get(name)), tensors.MustCopyFlatData[float32](want.Get(name)), 0)
	}
	if slices.Equal(tensors.MustCopyFlatData[float32](want.Get(layer+".weight")), tensors.MustCopyFlatData[float32](unet.Get(layer+".weight"))) {
		t.Error("the adapter changed nothing: the test shows nothing")
	}
	if err := os.Remove(filepath.Join(filepath.Dir(adapted), "faces.safetensors")); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Open(backend, adapted); !errors.Is(err, bundle.ErrNotFound) {
		t.Errorf("an adapter that isn't there: %v", err)
	}
}
