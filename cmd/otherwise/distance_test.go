package main

import (
	"math"
	"testing"

	"otherwise/counterfactual"
)

func TestMeasure(t *testing.T) {
	// two pixels of two channels
	r := &counterfactual.Result{
		Original:       counterfactual.Picture{Height: 1, Width: 2, Channels: 2, Values: []float32{0, 0.5, 1, 0.25}},
		Counterfactual: counterfactual.Picture{Height: 1, Width: 2, Channels: 2, Values: []float32{0.5, 0.5, 0.25, 0.5}},
	}
	d := measure(r.Original, r.Counterfactual, r.Mask)
	if d.L1 != 1.5 || math.Abs(d.L2-math.Sqrt(0.875)) > 1e-12 || d.Outside != nil {
		t.Errorf("without a mask: %+v", d)
	}
	r.Mask = &counterfactual.Grid{Height: 1, Width: 2, Channels: 1, Values: []float32{1, 0}}
	if d := measure(r.Original, r.Counterfactual, r.Mask); d.Outside == nil || *d.Outside != 0.5 {
		t.Errorf("second pixel outside the mask: %+v", d.Outside)
	}
	r.Mask.Values[1] = 1
	if d := measure(r.Original, r.Counterfactual, r.Mask); d.Outside != nil {
		t.Errorf("nothing outside the mask: %v", *d.Outside)
	}
}
