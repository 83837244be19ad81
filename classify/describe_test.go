package classify_test

import (
	"testing"

	"otherwise/classify"
	"otherwise/internal/golden"
)

func TestDescribe(t *testing.T) {
	for architecture, want := range map[string]struct {
		outputs int
		last    classify.Layer
	}{
		"efficientnet-lite0": {1000, classify.Layer{Name: "conv_head", Height: 7, Width: 7, Channels: 1280}},
		"efficientnet-lite4": {1000, classify.Layer{Name: "conv_head", Height: 10, Width: 10, Channels: 1280}},
		"resnet18":           {1000, classify.Layer{Name: "layer4", Height: 7, Width: 7, Channels: 512}},
	} {
		m := model(t, architecture, "")
		outputs, layers, err := classify.Describe(golden.Backend(t), m.(classify.Network), m.InputSize())
		if err != nil {
			t.Fatal(err)
		}
		last := classify.LastWithPositions(layers)
		if outputs != want.outputs || last != want.last.Name {
			t.Errorf("%s: %d outputs, last layer with positions %q", architecture, outputs, last)
		}
		found := false
		for _, l := range layers {
			found = found || l == want.last
		}
		if !found {
			t.Errorf("%s has no layer %+v: %+v", architecture, want.last, layers)
		}
	}
	if name := classify.LastWithPositions([]classify.Layer{{Name: "pooled", Height: 1, Width: 1, Channels: 9}}); name != "" {
		t.Errorf("a layer without positions was chosen: %q", name)
	}
}
