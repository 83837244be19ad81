package bundle_test

import (
	"slices"
	"strings"
	"testing"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/faces"
	"otherwise/internal/golden"
	"otherwise/internal/toyworld"
)

func TestBundleOfAWorld(t *testing.T) {
	backend, dir := golden.Backend(t), t.TempDir()
	bias := []datasets.Bias{{Factor: "Eyeglasses=yes", Class: "smiling", Strength: 0.9}}
	toyworld.Bundle(t, backend, "faces", dir,
		toyworld.Variant{Name: "biased", Task: "Smiling", Classes: []string{"not smiling", "smiling"}, Bias: bias},
		toyworld.Variant{Name: "eyeglasses", Task: "Eyeglasses", Classes: []string{"without glasses", "with glasses"}})

	for _, c := range []struct {
		o       bundle.Options
		task    string
		classes string
		biased  bool
		from    int // of the judge's head
	}{
		{bundle.Options{}, "Smiling", "not smiling, smiling", false, 0},
		{bundle.Options{Classifier: "biased"}, "Smiling", "not smiling, smiling", true, 0},
		{bundle.Options{Task: "smiling", Classifier: "biased"}, "Smiling", "not smiling, smiling", true, 0},
		{bundle.Options{Task: "Eyeglasses"}, "Eyeglasses", "without glasses, with glasses", false, 4},
		{bundle.Options{Classifier: "eyeglasses"}, "Eyeglasses", "without glasses, with glasses", false, 4},
	} {
		chosen, err := bundle.Choose(dir, c.o)
		if err != nil {
			t.Fatal(err)
		}
		b, err := bundle.OpenWith(backend, dir, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if b.Task != c.task || chosen.Task != c.task || strings.Join(b.Classes, ", ") != c.classes || !slices.Equal(b.Classes, chosen.Classes) || (len(b.Bias) > 0) != c.biased {
			t.Errorf("%+v: task %s, classes %q, bias %v; chosen %+v", c.o, b.Task, b.Classes, b.Bias, chosen)
		}
		if len(b.Factors) != len(faces.Attributes()) || b.Encoder == nil || !slices.Equal(b.Judge.Classes, b.Classes) {
			t.Errorf("%+v: factors %v, judge %v", c.o, b.Factors, b.Judge)
		}
		if _, err := b.Models.Diffusion.Conditioner.Tokens([]int{1}); err != nil {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
	for _, bad := range []bundle.Options{{Task: "Chubby"}, {Classifier: "best"}, {Task: "Eyeglasses", Classifier: "biased"}} {
		if _, err := bundle.OpenWith(backend, dir, bad); err == nil || !strings.Contains(err.Error(), "(biased)") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := bundle.OpenWith(backend, "ldce-pets", bundle.Options{Task: "Smiling"}); err == nil || !strings.Contains(err.Error(), "one classifier") {
		t.Errorf("a task of a recipe: %v", err)
	}
}

// The judge's own verdict on the class is that of its head among the factors, and the encoder tells pictures apart.
func TestJudgeAndEncoderOfAWorld(t *testing.T) {
	backend, dir := golden.Backend(t), t.TempDir()
	toyworld.Bundle(t, backend, "savanna", dir)
	b, err := bundle.Open(backend, dir)
	if err != nil {
		t.Fatal(err)
	}
	var pictures []counterfactual.Picture
	for i := range 3 {
		p := counterfactual.Picture{Height: 128, Width: 128, Channels: 3, Values: make([]float32, 128*128*3)}
		for j := range p.Values {
			p.Values[j] = float32((j*(i+1))%97) / 97
		}
		pictures = append(pictures, p)
	}
	told, err := b.FactorTeller().Tell(t.Context(), pictures...)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := b.JudgePredictor().Probabilities(pictures...)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if len(row) != 6 || told[i]["animal"] != b.Classes[counterfactual.ArgMax(row)] || len(told[i]) != 7 {
			t.Errorf("picture %d: factors %v, judge %v", i, told[i], row)
		}
	}
	maps, err := b.Activations().Of(pictures...)
	if err != nil {
		t.Fatal(err)
	}
	features, err := b.Embedder().Features(t.Context(), pictures)
	if err != nil {
		t.Fatal(err)
	}
	if _, width := features.Dims(); len(maps) != 3 || len(maps[0]) != 2 || maps[0][0].Height != 8 || maps[0][1].Height != 4 || width != 8 {
		t.Errorf("%d maps of %d layers, features of %d", len(maps), len(maps[0]), width)
	}
	if features.At(0, 0) == features.At(1, 0) {
		t.Error("two pictures have one feature")
	}
}
