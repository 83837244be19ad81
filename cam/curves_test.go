package cam

import (
	"context"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/internal/golden"
)

// cornerPredictor is of a classifier that says "yes" by how bright the first of the 8x8 pixels is.
func cornerPredictor(t *testing.T) *counterfactual.Predictor {
	t.Helper()
	c := layeredClassifier(layered{activate: func(x *Node) *Node {
		corner := MulScalar(Slice(x, AxisRange(), AxisRange(0, 1), AxisRange(0, 1), AxisRange(0, 1)), 10)
		return Concatenate([]*Node{ZerosLike(corner), corner}, 3)
	}})
	return counterfactual.NewPredictor(counterfactual.Models{Backend: golden.Backend(t), Classifier: c})
}

func TestCurves(t *testing.T) {
	p := counterfactual.Picture{Height: 8, Width: 8, Channels: 1, Values: make([]float32, 64)}
	p.Values[0] = 1
	good := &counterfactual.Grid{Height: 8, Width: 8, Channels: 1, Values: slices.Clone(p.Values)}
	bad := &counterfactual.Grid{Height: 8, Width: 8, Channels: 1, Values: make([]float32, 64)}
	for i := range bad.Values { // the corner last
		bad.Values[i] = float32(i)
	}
	predictor := cornerPredictor(t)
	deletion, insertion, err := Curves(context.Background(), predictor, p, good, 1, CurveOptions{Steps: 64, BatchSize: 7})
	if err != nil {
		t.Fatal(err)
	}
	worseDeletion, worseInsertion, err := Curves(context.Background(), predictor, p, bad, 1, CurveOptions{Steps: 64})
	if err != nil {
		t.Fatal(err)
	}
	if len(deletion.Shares) != 65 || deletion.Shares[64] != 1 || len(deletion.Probabilities) != 65 {
		t.Fatalf("%d shares, %d probabilities", len(deletion.Shares), len(deletion.Probabilities))
	}
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	if got, want := deletion.Probabilities[0], sigmoid(10); math.Abs(got-want) > 1e-5 {
		t.Errorf("before deletion %g, want %g", got, want)
	}
	if got, want := deletion.Probabilities[1], sigmoid(10.0/64); math.Abs(got-want) > 1e-5 {
		t.Errorf("with the corner deleted %g, want that of the mean colour, %g", got, want)
	}
	if got, want := insertion.Probabilities[64], sigmoid(10); math.Abs(got-want) > 1e-5 {
		t.Errorf("all inserted %g, want %g", got, want)
	}
	if deletion.Area >= worseDeletion.Area || insertion.Area <= worseInsertion.Area {
		t.Errorf("areas %g and %g of a good map, %g and %g of a bad one", deletion.Area, insertion.Area, worseDeletion.Area, worseInsertion.Area)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Curves(ctx, predictor, p, good, 1, CurveOptions{}); err == nil {
		t.Error("a cancelled context is no error")
	}
	if _, _, err := Curves(context.Background(), predictor, p, &counterfactual.Grid{Height: 1, Width: 1, Values: []float32{1}}, 1, CurveOptions{}); err == nil {
		t.Error("a map of another size is no error")
	}
}
