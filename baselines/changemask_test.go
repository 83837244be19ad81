package baselines

import (
	"math"
	"slices"
	"testing"

	"otherwise/counterfactual"
)

func grid(width int, values ...float32) counterfactual.Grid {
	return counterfactual.Grid{Height: len(values) / width, Width: width, Channels: 1, Values: values}
}

func TestChangeMaskIsRelativeAndDilated(t *testing.T) {
	before := grid(4, make([]float32, 16)...)
	after := grid(4, make([]float32, 16)...)
	after.Values[0], after.Values[10] = 0.5, -0.25
	mask, dilated := ChangeMask(before, after, 3)
	if mask.Values[0] != 1 || mask.Values[10] != 0.5 || mask.Values[3] != 0 {
		t.Errorf("mask %v", mask.Values)
	}
	if want := []float32{1, 1, 0, 0, 1, 1, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5}; !slices.Equal(dilated.Values, want) {
		t.Errorf("dilated %v, want %v", dilated.Values, want)
	}
	keep := Keep(dilated, 0.5)
	if want := []float32{0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}; !slices.Equal(keep.Values, want) {
		t.Errorf("kept below 0.5: %v, want %v", keep.Values, want)
	}
	latent, err := KeepLatent(keep, 2)
	if err != nil || !slices.Equal(latent.Values, []float32{0, 0, 0, 0}) {
		t.Errorf("on the latent's grid %v, %v: no position has all its pixels kept", latent, err)
	}
	if same, _ := ChangeMask(after, after, 1); slices.Max(same.Values) != 0 {
		t.Errorf("identical pictures: %v", same.Values)
	}
}

func TestScaledFilterStaysOdd(t *testing.T) {
	for _, c := range []struct{ size, at, height, want int }{{15, 256, 256, 15}, {15, 256, 512, 29}, {15, 256, 32, 1}, {5, 128, 256, 9}, {15, 256, 8, 1}} {
		if got := scaled(c.size, c.at, c.height); got != c.want {
			t.Errorf("%d at %d, for %d: %d, want %d", c.size, c.at, c.height, got, c.want)
		}
	}
}

func TestGradientMasksOfEqualStrengths(t *testing.T) {
	g := counterfactual.Grid{Height: 2, Width: 2, Channels: 2, Values: []float32{1, -1, 0, 0, 2, 0, 0, 0}}
	outer, inner := GradientMasks(g, 0.5, 0.5, 1, false)
	if !slices.Equal(outer.Values, []float32{1, 0, 1, 0}) || !slices.Equal(inner.Values, []float32{1, 0, 0, 0}) {
		t.Errorf("outer %v, inner %v; of equal strengths the first comes first", outer.Values, inner.Values)
	}
	outer, _ = GradientMasks(g, 0.25, 1, 1, true)
	if !slices.Equal(outer.Values, []float32{0, 1, 0, 0, 1, 0, 0, 0}) {
		t.Errorf("per channel: %v", outer.Values)
	}
}

func TestMaximizeLinearKeepsBallAndBox(t *testing.T) {
	x, w := []float64{0.9, 0.5, 0.2, 0, 0.5}, []float64{1, -0.5, 0.25, -1, 0}
	for _, p := range []float64{1.05, 1.5, 2, 4} {
		for _, radius := range []float64{0, 0.05, 0.3, 10} {
			norm, value := 0.0, 0.0
			for i, d := range MaximizeLinear(x, w, radius, p) {
				norm += math.Pow(math.Abs(d), p)
				value += d * w[i]
				if x[i]+d < -1e-12 || x[i]+d > 1+1e-12 || math.IsNaN(d) {
					t.Errorf("p %g, radius %g: value %d goes from %g by %g", p, radius, i, x[i], d)
				}
			}
			if norm = math.Pow(norm, 1/p); norm > radius+1e-9 || radius == 10 && math.Abs(value-(0.1+0.25+0.2)) > 1e-9 {
				t.Errorf("p %g, radius %g: norm %g, <w, d> %g", p, radius, norm, value)
			}
			if radius == 0.3 && norm < radius-1e-9 {
				t.Errorf("p %g: the ball of radius %g is used up to %g", p, radius, norm)
			}
		}
	}
}
