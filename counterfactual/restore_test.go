package counterfactual_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// gray is a picture of one value.
func gray(side int, value float32) counterfactual.Picture {
	p := counterfactual.Picture{Height: side, Width: side, Channels: 1, Values: make([]float32, side*side)}
	for i := range p.Values {
		p.Values[i] = value
	}
	return p
}

func TestRestoreKeepsWhatDidNotChange(t *testing.T) {
	const side = 50 // the blur's deviation is one pixel
	original, reconstruction, found := gray(side, 0.5), gray(side, 0.45), gray(side, 0.45)
	for y := range side {
		for x := side / 2; x < side; x++ {
			found.Values[y*side+x] = 0.85 // a change of 0.4
		}
	}
	got := counterfactual.Restore(original, reconstruction, found, counterfactual.Restoring{Threshold: 0.3})
	at := func(x int) float64 { return float64(got.Values[10*side+x]) }
	if at(5) != 0.5 {
		t.Errorf("where nothing changed: %g, want the original's 0.5", at(5))
	}
	if math.Abs(at(side-5)-0.85) > 1e-6 {
		t.Errorf("where all changed: %g, want what was found, 0.85", at(side-5))
	}
	for x := range side {
		low, high := min(0.5, float64(found.Values[10*side+x])), max(0.5, float64(found.Values[10*side+x]))
		if at(x) < low-1e-6 || at(x) > high+1e-6 {
			t.Errorf("%g at %d isn't between the original and what was found", at(x), x)
		}
	}
	if found.Values[side-1] != 0.85 || original.Values[0] != 0.5 {
		t.Error("what was given was changed")
	}
	// with the largest threshold a change of 0.4 is a mixture
	u := 0.4
	want := u*u*(3-2*u)*0.85 + (1-u*u*(3-2*u))*0.5
	if got := counterfactual.Restore(original, reconstruction, found, counterfactual.Restoring{Threshold: 1}).Values[10*side+side-5]; math.Abs(float64(got)-want) > 1e-3 {
		t.Errorf("half of the threshold: %g, want %g", got, want)
	}
}

// A thin line stays whole with little blur, and fades with more of it; a faint change of a large area is put back in either case.
func TestRestoreKeepsThinLinesWithLittleBlur(t *testing.T) {
	const side, line = 100, 30
	original, found := gray(side, 0.5), gray(side, 0.5)
	for y := range side {
		found.Values[y*side+line] = 1
		for x := side / 2; x < side; x++ {
			found.Values[y*side+x] = 0.52
		}
	}
	for blur, want := range map[float64][2]float64{0.002: {0.99, 1}, 0.02: {0.5, 0.6}} {
		got := counterfactual.Restore(original, original, found, counterfactual.Restoring{Threshold: 0.5, Blur: blur})
		if v := float64(got.Values[50*side+line]); v < want[0] || v > want[1] {
			t.Errorf("blur %g: the line is %g, want %g to %g", blur, v, want[0], want[1])
		}
		if v := got.Values[50*side+80]; v > 0.501 {
			t.Errorf("blur %g: the faint change is %g, want the original's 0.5", blur, v)
		}
	}
}

// brightness tells pictures of a mean above 0.6, class 1, from darker ones.
type brightness struct{}

func (brightness) Preprocess(x01 *Node) *Node { return x01 }
func (brightness) Layers() []string           { return nil }
func (brightness) Forward(_ nn.Scope, x *Node, _ classify.Tap) *Node {
	return MulScalar(AddScalar(ReduceMean(x, 1, 2), -0.6), 100)
}

func TestRestoringUndoesNoFlip(t *testing.T) {
	predictor := counterfactual.NewPredictor(counterfactual.Models{Backend: golden.Backend(t),
		Classifier: &classify.Classifier{Network: brightness{}, Params: nn.NewParams(), Classes: []string{"dark", "bright"}, Binary: true}})
	result := func(reconstruction float32) *counterfactual.Result {
		return &counterfactual.Result{Original: gray(8, 0.5), Reconstruction: gray(8, reconstruction), Target: 1}
	}
	// changes of 0.4, 0.2, 0.2 and 0.001 to 0.9, 0.7, 0.55 and 0.7, the second and the last of which the threshold would make dark
	results := []*counterfactual.Result{result(0.5), result(0.5), result(0.35), result(0.699)}
	found := []counterfactual.Picture{gray(8, 0.9), gray(8, 0.7), gray(8, 0.55), gray(8, 0.7)}
	restored, after, err := predictor.Restored(results, found, counterfactual.Restoring{Threshold: 0.4})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []counterfactual.Picture{
		counterfactual.Restore(results[0].Original, results[0].Reconstruction, found[0], counterfactual.Restoring{Threshold: 0.4}),
		counterfactual.Restore(results[1].Original, results[1].Reconstruction, found[1], counterfactual.Restoring{Threshold: 0.2}), // half of it
		counterfactual.Restore(results[2].Original, results[2].Reconstruction, found[2], counterfactual.Restoring{Threshold: 0.4}), // no flip that could be undone
		found[3],
	} {
		if restored[i].Values[27] != want.Values[27] {
			t.Errorf("picture %d: %g, want %g", i, restored[i].Values[27], want.Values[27])
		}
		if flipped := after[i][1] > 0.5; flipped != (i != 2) || flipped != (restored[i].Values[27] > 0.6) {
			t.Errorf("picture %d of %g: probabilities %v", i, restored[i].Values[27], after[i])
		}
	}
	kept, after, err := predictor.Restored(results, found, counterfactual.Restoring{Threshold: 0})
	if err != nil || kept[1].Values[0] != 0.7 || after[1][1] < 0.5 {
		t.Errorf("threshold 0: %g, %v, %v", kept[1].Values[0], after[1], err)
	}
}
