package viz

import (
	"math"
	"strings"
	"testing"

	"otherwise/counterfactual"
)

func TestCheck(t *testing.T) {
	for _, method := range []string{"ldce", "eced"} {
		r := fixture(method)
		if err := check(r); err != nil {
			t.Errorf("%s: %v", method, err)
		}
		r.Reconstruction = counterfactual.Picture{}
		if err := check(r); err != nil {
			t.Errorf("%s without a reconstruction: %v", method, err)
		}
	}
	if err := check(nil); err == nil {
		t.Error("no result passed")
	}
	for want, change := range map[string]func(*counterfactual.Result){
		"the original: picture: 0 values":                   func(r *counterfactual.Result) { r.Original = counterfactual.Picture{} },
		"the counterfactual: picture: value 3 is 2":         func(r *counterfactual.Result) { r.Counterfactual.Values[3] = 2 },
		"the reconstruction: picture: value 0 is NaN":       func(r *counterfactual.Result) { r.Reconstruction.Values[0] = float32(math.NaN()) },
		"the original is 32x32x1, the counterfactual 8x8x1": func(r *counterfactual.Result) { r.Counterfactual = shape(8, 1) },
		"5 probabilities before for 6 classes":              func(r *counterfactual.Result) { r.Before = r.Before[:5] },
		"0 probabilities after for 6 classes":               func(r *counterfactual.Result) { r.After = nil },
		`probability of "square" after is NaN`:              func(r *counterfactual.Result) { r.After[1] = math.NaN() },
		"the target class 6 is not one of 0..5":             func(r *counterfactual.Result) { r.Target = 6 },
		"the predicted class -1 is not one of 0..5":         func(r *counterfactual.Result) { r.Predicted = -1 },
		"the mask has 3 values for 32x32 cells":             func(r *counterfactual.Result) { r.Mask.Values = r.Mask.Values[:3] },
		"cells of 2 channels; it needs one channel": func(r *counterfactual.Result) {
			r.ActivationMap = grid(2, 2, 2, func(x, y, c int) float64 { return 0 })
		},
	} {
		r := fixture("eced")
		change(r)
		if err := check(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}
