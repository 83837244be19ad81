package formula

import (
	"math"
	"slices"
	"testing"
)

// The numbers of the reference data's README and full_golden.safetensors (inputs.check_u, inputs.check_conv).
func TestFormulaAgreesWithReference(t *testing.T) {
	if got := Hash("check"); got != 0x830cf17637260a67 {
		t.Errorf("FNV-1a of check is %#x", got)
	}
	for i, want := range []float64{0.04737353324890137, 0.9780476093292236, 0.7419732809066772} {
		if got := unit(Hash("check"), i); got != want {
			t.Errorf("value %d of check is %.17g, want %.17g", i, got, want)
		}
	}
}

func TestRules(t *testing.T) {
	w := Weights{Gain: 2, Embedding: 0.5}
	for _, c := range []struct {
		name          string
		shape         []int
		scale, offset float64
	}{
		{"bn1.running_mean", []int{8}, 0.1, 0},
		{"bn1.running_var", []int{8}, 0.5, 1},
		{"text_model.embeddings.token_embedding.weight", []int{9, 4}, 0.5, 0},
		{"text_model.embeddings.token_embedding.bias", []int{4}, 0.1, 0},
		{"time_embedding.linear_1.weight", []int{8, 4}, 2 * math.Sqrt(3.0/4), 0},
		{"visual.class_embedding", []int{4}, 0.5, 0},
		{"pos_embed", []int{1, 5, 4}, 0.5, 0},
		{"features.0.weight", []int{8, 3, 2, 2}, 2 * math.Sqrt(3.0/12), 0},
		{"norm.weight", []int{4}, 0.25, 1},
		{"norm.bias", []int{4}, 0.1, 0},
	} {
		scale, offset := w.rule(c.name, c.shape)
		if math.Abs(scale-c.scale) > 1e-15 || offset != c.offset {
			t.Errorf("%s: %g + %g u, want %g + %g u", c.name, offset, scale, c.offset, c.scale)
		}
	}
}

func TestWeightsSource(t *testing.T) {
	w := Weights{Shapes: map[string][]int{"b.weight": {2, 3}, "a.bias": {1 << 20, 2}}, Gain: 1, Embedding: 0.5,
		Hashed: func(name string) string { return "published." + name }}
	if got := w.Names(); !slices.Equal(got, []string{"a.bias", "b.weight"}) {
		t.Errorf("names %v", got)
	}
	got, err := w.Float32("a.bias")
	if err != nil {
		t.Fatal(err)
	}
	want := Values("published.a.bias", 2<<20, math.Sqrt(3.0/2), 0)
	if !slices.Equal(got, want) || got[len(got)-1] == got[0] {
		t.Error("values differ from those of the published name")
	}
	raw, err := w.Bytes("b.weight")
	if err != nil || len(raw) != 24 {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
	for what, err := range map[string]error{
		"an unknown name":   func() error { _, err := w.Float32("c"); return err }(),
		"integers":          func() error { _, err := w.Int64("b.weight"); return err }(),
		"too few elements":  w.Float32Into("b.weight", make([]float32, 5)),
		"too many bytes":    w.BytesInto("b.weight", make([]byte, 25)),
		"an unknown name's": w.BytesInto("c", nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}
