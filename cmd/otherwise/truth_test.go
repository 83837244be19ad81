package main

import (
	"image"
	"strings"
	"testing"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/datasets/savanna"
)

func TestTruthOfTheTruth(t *testing.T) {
	world, err := savanna.New(datasets.Test, 1, savanna.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fit := func(img image.Image) (counterfactual.Picture, error) {
		values, err := picture.ToFloats(img, 3)
		return counterfactual.Picture{Height: savanna.Size, Width: savanna.Size, Channels: 3, Values: values}, err
	}
	sample, err := world.Sample(6)
	if err != nil {
		t.Fatal(err)
	}
	original, err := fit(sample.Image)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := world.Truth(6, 1)
	if err != nil {
		t.Fatal(err)
	}
	perfect, err := fit(truth.Image)
	if err != nil {
		t.Fatal(err)
	}
	everywhere := &counterfactual.Grid{Height: 32, Width: 32, Channels: 1, Values: make([]float32, 32*32)}
	for i := range everywhere.Values {
		everywhere.Values[i] = 1
	}
	meter := &truthMeter{world: world, fit: fit, planted: []datasets.Bias{{Factor: "land=sand", Class: "zebra", Strength: 1}}}
	right, err := meter.measure(t.Context(), 6, 1, &counterfactual.Result{Original: original, Counterfactual: perfect, Mask: everywhere})
	if err != nil {
		t.Fatal(err)
	}
	if right.Found != 0 || !right.Closer() || right.Changed < 0.4 || right.Consensus != nil || *right.Mask > 0.5 || *right.Mask < 0.1 {
		t.Errorf("the truth itself: %+v, mask %v", right, right.Mask)
	}
	unchanged, err := meter.measure(t.Context(), 6, 1, &counterfactual.Result{Original: original, Counterfactual: original})
	if err != nil {
		t.Fatal(err)
	}
	if unchanged.Found != unchanged.Unchanged || unchanged.Closer() || unchanged.Changed != 0 || unchanged.Unchanged >= unchanged.Random {
		t.Errorf("the unchanged picture: %+v", unchanged)
	}
	if *right.Planted > 0.2 || *unchanged.Planted != 0 {
		t.Errorf("change of the coat lies on the ground: %g, %g", *right.Planted, *unchanged.Planted)
	}
	scene, err := world.Scene(6)
	if err != nil {
		t.Fatal(err)
	}
	scene.Land = (scene.Land + 1) % 5
	tricked, err := fit(scene.Render().Image)
	if err != nil {
		t.Fatal(err)
	}
	bias, err := meter.measure(t.Context(), 6, 1, &counterfactual.Result{Original: original, Counterfactual: tricked})
	if err != nil {
		t.Fatal(err)
	}
	if *bias.Planted < 0.95 || bias.Closer() {
		t.Errorf("another ground: %g of the change there", *bias.Planted)
	}
	s := summarise(bundle.MethodInfo{Name: "ldce"}, []outcome{{Truth: right}, {Truth: unchanged}, {}})
	if s.Truth == nil || s.Truth.Closer != 0.5 || s.Truth.Found != unchanged.Found/2 || *s.Truth.Mask != *right.Mask {
		t.Errorf("summary: %+v", s.Truth)
	}
	var out strings.Builder
	if err := writeSummaries(&out, []summary{s}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"closer than both   0.5000", "IoU of mask and what decides", "most of the change there   0.0000"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "consensus") {
		t.Errorf("a measure that no method has is in\n%s", out.String())
	}
	if next := someOf(world, 6, 1); world.Label(next) != 1 || next != 7 {
		t.Errorf("some sorrel after 6 is %d", next)
	}
}
