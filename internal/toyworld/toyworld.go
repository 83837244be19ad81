// Package toyworld makes, for tests, bundles of procedural worlds whose networks are tiny and untrained: what a command does with a
// world's bundle can be tried in seconds, not what it finds.
package toyworld

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/datasets"
	"otherwise/diffusion"
	"otherwise/nn"
	"otherwise/train"
	"otherwise/weights"
)

// Recipe is that of a world with every network made tiny: 8x8x2 latents.
func Recipe(t testing.TB, world string) train.Recipe {
	t.Helper()
	r, err := train.RecipeOf(world)
	if err != nil {
		t.Fatal(err)
	}
	r.Autoencoder.LatentChannels, r.Autoencoder.BlockOutChannels, r.Autoencoder.NormNumGroups, r.Autoencoder.PatchSize = 2, []int{4}, 2, 16
	r.Autoencoder.Shortcuts = false
	r.UNet = diffusion.UNet{InChannels: 2, OutChannels: 2, BlockOutChannels: []int{8}, LayersPerBlock: 1,
		DownBlockTypes: []string{"CrossAttnDownBlock2D"}, UpBlockTypes: []string{"CrossAttnUpBlock2D"},
		AttentionHeads: diffusion.PerLevel{2}, CrossAttentionDim: 8, NormNumGroups: 4, NormEps: 1e-5}
	if r.Words != nil {
		words := *r.Words
		words.Encoder.HiddenSize, words.Encoder.IntermediateSize, words.Encoder.Layers, words.Encoder.Heads = 8, 8, 1, 2
		r.Words = &words
	} else {
		r.Embedding.Width = 8
	}
	r.Classifier.PatchSize, r.Classifier.Widths, r.Classifier.Groups = 16, []int{8, 8}, 4
	r.Judge.PatchSize, r.Judge.Widths, r.Judge.Groups = 16, []int{12, 12}, 4
	r.Encoder.PatchSize, r.Encoder.Widths, r.Encoder.Groups, r.Encoder.Expanded = 16, []int{8, 8}, 4, 8
	r.Methods = map[string]json.RawMessage{
		"ldce": json.RawMessage(`{"ddim_steps": 4, "strength": 0.7}`),
		"eced": json.RawMessage(`{"background_steps": 1, "denoise_steps": 2, "iterations": 1}`),
	}
	return r
}

// Variant is a classifier beside the recipe's own: how it is called, what its classes are about, what was planted.
type Variant struct {
	Name, Task string
	Classes    []string
	Bias       []datasets.Bias
}

// Bundle makes a bundle of a world in dir, with classifiers beside the first.
func Bundle(t testing.TB, backend compute.Backend, world, dir string, variants ...Variant) {
	t.Helper()
	r := Recipe(t, world)
	w := &train.Workshop{Backend: backend, Recipe: r, Dir: t.TempDir()}
	picture := shapes.Make(dtypes.Float32, 1, r.Frame.Height, r.Frame.Width, r.Frame.Channels)
	latent := shapes.Make(dtypes.Float32, 1, 8, 8, 2)
	classifier := func(s nn.Scope, a []*Node) { r.Classifier.Forward(s, a[0], nil) }
	ids := shapes.Make(dtypes.Int32, 1)
	embed := func(s nn.Scope, ids *Node) *Node { return r.Embedding.Embed(s, ids) }
	if r.Words != nil {
		ids = shapes.Make(dtypes.Int32, 1, r.Words.Encoder.Positions)
		embed = r.Words.Embed
	}
	write(t, w, "autoencoder", nil, func(s nn.Scope, a []*Node) {
		mean, _ := r.Autoencoder.Encode(s, a[0])
		r.Autoencoder.Decode(s, mean)
	}, picture)
	write(t, w, "classifier", nil, classifier, picture)
	write(t, w, "judge", nil, func(s nn.Scope, a []*Node) { r.Judge.Forward(s, a[0], nil) }, picture)
	write(t, w, "encoder", nil, func(s nn.Scope, a []*Node) { r.Encoder.Expand(s, r.Encoder.Embed(s, a[0])) }, picture)
	write(t, w, "diffusion", map[string]any{"latents": diffusion.Normalisation{Mean: []float64{0, 0}, Scale: []float64{1, 1}}}, func(s nn.Scope, a []*Node) {
		r.UNet.Eps(s, a[0], a[1], embed(s, a[2]))
	}, latent, shapes.Make(dtypes.Int32, 1), ids)
	for _, v := range variants {
		write(t, w, "classifier-"+v.Name, map[string]any{"task": v.Task, "classes": v.Classes, "bias": v.Bias}, classifier, picture)
	}
	if err := w.Assemble(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
}

// write leaves a network in the folder as training would, with a record.
func write(t testing.TB, w *train.Workshop, name string, record map[string]any, build func(s nn.Scope, a []*Node), args ...shapes.Shape) {
	t.Helper()
	params, err := nn.Create(w.Backend, 1, build, args...)
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := params.Export(weights.F32)
	if err != nil {
		t.Fatal(err)
	}
	if err := weights.Write(filepath.Join(w.Dir, name+".safetensors"), tensors, nil); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Dir, name+".json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}
