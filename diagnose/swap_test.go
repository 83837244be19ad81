package diagnose

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// squares is a result of 16x12 pixels: black, and with a square of 4x4 in each half grey.
func squares() *counterfactual.Result {
	p := counterfactual.Picture{Height: 12, Width: 16, Channels: 1, Values: make([]float32, 192)}
	found := p
	found.Values = make([]float32, 192)
	for y := 4; y < 8; y++ {
		for x := 4; x < 8; x++ {
			found.Values[16*y+x], found.Values[16*y+x+8] = 0.5, 0.5
		}
	}
	return &counterfactual.Result{Original: p, Counterfactual: found, Target: 1, Classes: []string{"dark", "bright"},
		Before: []float64{0.5, 0.5}, After: []float64{0, 1}}
}

// A linear classifier's logit is the sum of what the squares add to it, in either direction; what it doesn't look at adds nothing.
func TestSwapRegionsOfALinearClassifier(t *testing.T) {
	m := counterfactual.Models{Backend: golden.Backend(t), Classifier: &classify.Classifier{Network: brightness{}, Params: nn.NewParams(), Classes: []string{"dark", "bright"}}}
	s, err := SwapRegions(t.Context(), m, squares(), SwapOptions{Patch: 4, Stride: 4, Batch: 5})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Squares) != 12 || math.Abs(s.LogitAfter-8) > 1e-5 || s.LogitBefore != 0 {
		t.Fatalf("%d squares, logits %g and %g", len(s.Squares), s.LogitBefore, s.LogitAfter)
	}
	restored, inserted := 0.0, 0.0
	for _, q := range s.Squares {
		want := 0.0
		if q.X == 4 && q.Y == 4 {
			want = 8
		}
		if math.Abs(q.Restored-want) > 1e-5 || math.Abs(q.Inserted-want) > 1e-5 {
			t.Errorf("square %+v, want %g in both directions", q, want)
		}
		restored, inserted = restored+q.Restored, inserted+q.Inserted
	}
	if math.Abs(restored-8) > 1e-5 || math.Abs(inserted-8) > 1e-5 {
		t.Errorf("the squares add %g and %g to the logit, want all 8", restored, inserted)
	}
	if s.Restored.Values[16*5+5] != 8 || s.Restored.Values[16*5+13] != 0 {
		t.Errorf("pixels of the square that decides and of the other have %g and %g", s.Restored.Values[16*5+5], s.Restored.Values[16*5+13])
	}
	// half of the pixels that changed decide: the correlation of two squares with one is below 1
	if a := float64(s.Alignment); a < 0.6 || a > 0.75 {
		t.Errorf("alignment %g", a)
	}
	if d := s.Drawings(); len(d) != 3 || d[1].Image.Bounds().Dx() != 16 || !strings.Contains(s.String(), "(4, 4)") {
		t.Errorf("%d drawings, %q", len(d), s.String())
	}
}

func TestSwapCoversEveryPixel(t *testing.T) {
	m := counterfactual.Models{Backend: golden.Backend(t), Classifier: &classify.Classifier{Network: brightness{}, Params: nn.NewParams(), Classes: []string{"dark", "bright"}}}
	r := squares()
	s, err := SwapRegions(t.Context(), m, r, SwapOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Patch != 3 || s.Stride != 1 { // a quarter of 12 pixels
		t.Errorf("patch %d, stride %d", s.Patch, s.Stride)
	}
	for i, v := range append(s.Restored.Values, s.Inserted.Values...) {
		if v != v {
			t.Fatalf("pixel %d is in no square", i)
		}
	}
	if got := places(10, 4, 3); len(got) != 3 || got[2] != 6 {
		t.Errorf("squares of 4 in 10 pixels begin at %v, want the last at 6", got)
	}
	r.Counterfactual = r.Original
	if s, err = SwapRegions(t.Context(), m, r, SwapOptions{}); err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(s); err != nil || !strings.Contains(string(text), `"alignment":null`) {
		t.Errorf("of an unchanged picture the JSON is %s, %v", text, err)
	}
	for _, o := range []SwapOptions{{Patch: 13}, {Patch: -1}, {Stride: 9, Patch: 4}, {Batch: -1}} {
		if _, err := SwapRegions(t.Context(), m, r, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
