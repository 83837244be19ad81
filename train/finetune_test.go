package train

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/bundle"
	"otherwise/datasets"
	"otherwise/datasets/folder"
	"otherwise/datasets/picture"
	"otherwise/diffusion"
	"otherwise/diffusion/published"
	"otherwise/internal/golden"
	"otherwise/internal/sdtiny"
	"otherwise/nn"
)

// pictureFolder writes four pictures of two classes, or with captions.
func pictureFolder(t *testing.T, side int, captions bool) *folder.Set {
	t.Helper()
	root := t.TempDir()
	metadata := ""
	for i, name := range []string{"Coat/a.png", "Coat/b.png", "Bag/a.png", "Bag/b.png"} {
		if captions {
			name = strings.ReplaceAll(name, "/", "-")
			metadata += `{"file_name": "` + name + `", "text": "a photo of a ` + strings.ToLower(name[:3]) + `"}` + "\n"
		}
		img := image.NewRGBA(image.Rect(0, 0, side, side))
		for y := range side {
			for x := range side {
				img.Set(x, y, color.RGBA{R: uint8(40 * i), G: uint8(8 * x), B: uint8(8 * y), A: 255})
			}
		}
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := png.Encode(file, img); err != nil {
			t.Fatal(err)
		}
	}
	if captions {
		if err := os.WriteFile(filepath.Join(root, folder.MetadataFile), []byte(metadata), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set, err := folder.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func loaded(t *testing.T, set *folder.Set, frame picture.Frame) *Pictures {
	t.Helper()
	data, err := Load(set, frame)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// firstLoss is that of step 0 with the task's initial parameters.
func firstLoss(t *testing.T, task Task) float32 {
	t.Helper()
	args, err := task.Batch(0)
	if err != nil {
		t.Fatal(err)
	}
	return lossOf(t, task, args)
}

// lossOf is the loss of a batch with the task's initial parameters.
func lossOf(t *testing.T, task Task, args []any) float32 {
	t.Helper()
	program := nn.NewProgram(golden.Backend(t), "loss", func(s []nn.Scope, a []*Node) []*Node { return []*Node{task.Loss(s, a)} })
	out, err := program.Call1(append([]*nn.Params{task.Params}, task.Frozen...), args...)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.ToScalar[float32](out)
}

// unmasked is drawn, and doesn't know where its subjects are.
type unmasked struct{ drawn }

func (u unmasked) Sample(i int) (datasets.Sample, error) { return u.stripes.Sample(i) }

// Scenes of a world are drawn and encoded once for two samples: the loss is that of the same pictures given twice.
func TestFineTuneShowsDrawnScenesTwice(t *testing.T) {
	b, err := bundle.Open(golden.Backend(t), "fashion")
	if err != nil {
		t.Fatal(err)
	}
	o, classes := FineTune{Batch: 4, Dropout: -1, Seed: 2}, []int{8, 4}
	taskOf := func(data *Pictures) Task {
		task, _, err := FineTuneTask(b.Models.Backend, b.Models.Diffusion, data, classes, o)
		if err != nil {
			t.Fatal(err)
		}
		return task
	}
	twice := taskOf(Draw(unmasked{}, b.Frame, 60))
	args, err := twice.Batch(0)
	if err != nil {
		t.Fatal(err)
	}
	given := slices.Clone(args)
	for i := range 2 { // pictures, and the noise of their posterior
		x := args[i].(*tensors.Tensor)
		dims := slices.Clone(x.Shape().Dimensions)
		if dims[0] != 2 {
			t.Fatalf("argument %d has dimensions %v for a batch of 4", i, dims)
		}
		dims[0] = 4
		given[i] = tensors.FromFlatDataAndDimensions(slices.Repeat(tensors.MustCopyFlatData[float32](x), 2), dims...)
	}
	once := taskOf(loaded(t, pictureFolder(t, 32, false), b.Frame))
	golden.Near(t, "loss", []float32{lossOf(t, twice, args)}, []float32{lossOf(t, once, given)}, 1e-5)
	tokens := tensors.MustCopyFlatData[float32](args[5].(*tensors.Tensor))
	if half := len(tokens) / 2; !slices.Equal(tokens[:half], tokens[half:]) {
		t.Error("a scene's second sample is shown with other tokens")
	}
	if noise := tensors.MustCopyFlatData[float32](args[4].(*tensors.Tensor)); slices.Equal(noise[:len(noise)/2], noise[len(noise)/2:]) {
		t.Error("a scene's second sample has the noise of its first")
	}
}

// The shipped bundle goes on learning: an adapter begins as the bundle is, the loss falls, the bundle's own weights stay, and what
// is written can be added to it again.
func TestFineTuneAnAdapterOfABundle(t *testing.T) {
	b, err := bundle.Open(golden.Backend(t), "fashion")
	if err != nil {
		t.Fatal(err)
	}
	model, set := b.Models.Diffusion, pictureFolder(t, 32, false)
	data, classes := loaded(t, set, b.Frame), []int{8, 4} // sub-folders Bag and Coat
	before, err := model.DenoiserParams.Copy()
	if err != nil {
		t.Fatal(err)
	}
	o := FineTune{Rank: 4, Batch: 4, Seed: 2}
	adapter, _, err := FineTuneTask(b.Models.Backend, model, data, classes, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Rank = 0
	all, _, err := FineTuneTask(b.Models.Backend, model, data, classes, o)
	if err != nil {
		t.Fatal(err)
	}
	golden.Near(t, "loss at step 0", []float32{firstLoss(t, adapter)}, []float32{firstLoss(t, all)}, 0)

	o.Rank = 4
	dir := t.TempDir()
	result, err := o.Run(t.Context(), b.Models.Backend, model, data, classes, "fashion", set.Name(), dir,
		Options{Steps: 60, Rate: 1e-2, WarmUp: 5, Constant: true, EMA: -1, Adam: nn.AdamOptions{WeightDecay: 0.01}})
	if err != nil {
		t.Fatal(err)
	}
	adapter.Params = result.LoRA.Params
	if first, last := firstLoss(t, all), firstLoss(t, adapter); last > 0.9*first {
		t.Errorf("the loss of the first batch went from %g to %g", first, last)
	}
	for _, name := range before.Names() {
		golden.Near(t, name, tensors.MustCopyFlatData[float32](model.DenoiserParams.Get(name)), tensors.MustCopyFlatData[float32](before.Get(name)), 0)
	}
	for _, name := range []string{"fine-tuning.json", "fine-tuning-loss.png", "fine-tuning.checkpoint"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	path, hash := filepath.Join(dir, LoRAFile), b.Hash
	if err := result.LoRA.Write(path); err != nil {
		t.Fatal(err)
	}
	if err := b.AddLoRA(path, 1); err != nil {
		t.Fatal(err)
	}
	if b.Hash == hash {
		t.Error("the bundle with an adapter has the hash of the bundle without")
	}
	all.Params = b.Models.Diffusion.DenoiserParams
	golden.Near(t, "loss with the adapter added", []float32{firstLoss(t, all)}, []float32{firstLoss(t, adapter)}, 1e-4)
}

func TestFineTuneABundle(t *testing.T) {
	b, err := bundle.Open(golden.Backend(t), "fashion")
	if err != nil {
		t.Fatal(err)
	}
	set, classes := pictureFolder(t, 32, false), []int{8, 4}
	data := loaded(t, set, b.Frame)
	result, err := FineTune{Batch: 4}.Run(t.Context(), b.Models.Backend, b.Models.Diffusion, data, classes, "fashion", set.Name(), t.TempDir(),
		Options{Steps: 3, Rate: 1e-3, WarmUp: 1, EMA: -1})
	if err != nil {
		t.Fatal(err)
	}
	files, err := bundle.Files("fashion")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "tuned")
	if err := result.WriteBundle(out, files); err != nil {
		t.Fatal(err)
	}
	again, err := bundle.Open(b.Models.Backend, out)
	if err != nil {
		t.Fatal(err)
	}
	const changed, kept = "conv_in.weight", "embedding.weight"
	for name, same := range map[string]bool{changed: false, kept: true} {
		before := tensors.MustCopyFlatData[float32](b.Models.Diffusion.DenoiserParams.Get(name))
		after := tensors.MustCopyFlatData[float32](again.Models.Diffusion.DenoiserParams.Get(name))
		if slices.Equal(before, after) != same {
			t.Errorf("%s: unchanged is %v, want %v", name, !same, same)
		}
	}
	if again.Hash == b.Hash || !strings.Contains(again.Provenance["fine-tuning"], "3 steps of 4 pictures") {
		t.Errorf("provenance %q", again.Provenance["fine-tuning"])
	}
	if files, err = bundle.Files(out); err != nil {
		t.Fatal(err)
	}
	result.Record.Steps = 7
	if err := result.WriteBundle(out, files); err != nil {
		t.Fatal(err)
	}
	if again, err = bundle.Open(b.Models.Backend, out); err != nil {
		t.Fatal(err)
	}
	for _, steps := range []string{"3 steps", "7 steps"} {
		if !strings.Contains(again.Provenance["fine-tuning"], steps) {
			t.Errorf("tuned twice, but the provenance is %q", again.Provenance["fine-tuning"])
		}
	}
}

// A Stable Diffusion in diffusers' layout, by captions; what is written is such a folder again.
func TestFineTuneDiffusers(t *testing.T) {
	backend := golden.Backend(t)
	from := sdtiny.Folder(t, "..")
	set := pictureFolder(t, 64, true)
	p, err := published.Open(from, published.Options{})
	if err != nil {
		t.Fatal(err)
	}
	model, err := p.Load(backend, nn.LoadOptions{Backend: backend}, diffusion.Prompts{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := FineTune{Batch: 2}.Run(t.Context(), backend, model, loaded(t, set, picture.Frame{Width: 64, Height: 64, Channels: 3}), nil, from,
		set.Name(), t.TempDir(), Options{Steps: 2, Rate: 1e-3, WarmUp: 1, EMA: -1})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "tuned")
	if err := result.WriteDiffusers(out, from); err != nil {
		t.Fatal(err)
	}
	tuned, err := published.Open(out, published.Options{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := tuned.UNetWeights.Load(backend, nn.LoadOptions{Backend: backend})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"conv_in.weight", "mid_block.attentions.0.proj_in.weight"} {
		got := tensors.MustCopyFlatData[float32](again.Get(name))
		golden.Near(t, name, got, tensors.MustCopyFlatData[float32](result.UNet.Get(name)), 0)
		if slices.Equal(got, tensors.MustCopyFlatData[float32](model.DenoiserParams.Get(name))) {
			t.Errorf("%s did not change", name)
		}
	}
	for _, name := range []string{"model_index.json", "vae/diffusion_pytorch_model.safetensors", "tokenizer/merges.txt"} {
		want, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(out, name)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, or another file", name, err)
		}
	}
	if _, _, err := FineTuneTask(backend, model, loaded(t, pictureFolder(t, 64, false), picture.Frame{Width: 64, Height: 64, Channels: 3}), []int{0}, FineTune{Batch: 2}); err == nil {
		t.Error("pictures of two classes were accepted for one")
	}
}

func TestFineTuneRefuses(t *testing.T) {
	b, err := bundle.Open(golden.Backend(t), "fashion")
	if err != nil {
		t.Fatal(err)
	}
	data := loaded(t, pictureFolder(t, 32, true), b.Frame)
	for word, o := range map[string]FineTune{"takes a model of texts": {Batch: 2}, "smaller side": {Batch: 2, Rank: 500}} {
		if _, _, err := FineTuneTask(b.Models.Backend, b.Models.Diffusion, data, nil, o); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got %v", word, err)
		}
	}
	if err := (&FineTuned{UNet: nn.NewParams()}).WriteBundle(t.TempDir(), os.DirFS(t.TempDir())); err == nil {
		t.Error("a bundle was made of nothing")
	}
}
