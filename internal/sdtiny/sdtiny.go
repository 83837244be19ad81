// Package sdtiny lays out, for tests, a Stable Diffusion of tiny networks as its makers publish the real one.
package sdtiny

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/diffusion"
	"otherwise/internal/formula"
	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

// Folder makes a folder as diffusers has it. root is the repository's, as seen from the test. The U-Net's weights are by formula,
// in half precision as in published files; those of autoencoder and text encoder are the reference data's.
func Folder(t testing.TB, root string) string {
	t.Helper()
	dir := t.TempDir()
	copyFile := func(to, from string) {
		data, err := os.ReadFile(filepath.Join(root, "diffusion", from))
		if err != nil {
			t.Fatal(err)
		}
		full := filepath.Join(dir, to)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	copyFile("model_index.json", "published/testdata/model_index.json")
	copyFile("scheduler/scheduler_config.json", "published/testdata/scheduler_config.json")
	for _, name := range []string{"vocab.json", "merges.txt"} {
		copyFile("tokenizer/"+name, "tokenize/testdata/"+name)
	}
	copyFile("unet/config.json", "testdata/sd_unet.json")
	copyFile("vae/config.json", "testdata/sd_vae.json")
	copyFile("vae/diffusion_pytorch_model.safetensors", "testdata/sd_vae.safetensors")
	copyFile("text_encoder/config.json", "testdata/sd_text.json")
	copyFile("text_encoder/model.safetensors", "testdata/sd_text.safetensors")
	if err := weights.Write(filepath.Join(dir, "unet", "diffusion_pytorch_model.safetensors"), UNet(t, root), nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

// UNet makes the U-Net's tensors, under the names that diffusers gives them.
func UNet(t testing.TB, root string) []weights.Tensor {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "diffusion", "testdata", "sd_unet.json"))
	if err != nil {
		t.Fatal(err)
	}
	unet, err := diffusion.ParseUNet(raw)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := nn.Shapes(golden.Backend(t), func(s nn.Scope, a []*Node) { unet.Eps(s, a[0], a[1], a[2]) },
		shapes.Make(dtypes.Float32, 1, 8, 8, unet.InChannels), shapes.Make(dtypes.Int32, 1), shapes.Make(dtypes.Float32, 1, 1, unet.CrossAttentionDim))
	if err != nil {
		t.Fatal(err)
	}
	source := formula.Weights{Shapes: asked, Gain: 1, Embedding: 0.5}
	var all []weights.Tensor
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		data, err := source.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, weights.Tensor{Name: name, DType: weights.F16, Shape: asked[name], Data: data})
	}
	return all
}
