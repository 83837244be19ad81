package golden

import (
	"math"
	"testing"
)

func TestCompareRules(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name      string
		got, want []float64
		tolerance Tolerance
		pass      bool
	}{
		{"absolute, at the bound", []float64{1, 2.5}, []float64{1, 2}, Absolute(0.5), true},
		{"absolute, beyond it", []float64{1, 2.5}, []float64{1, 2}, Absolute(0.4), false},
		{"rms", []float64{3, 4.3}, []float64{3, 4}, RMS(0.1), true}, // rms 3.54
		{"rms, beyond it", []float64{3, 4.4}, []float64{3, 4}, RMS(0.1), false},
		{"rms of zeros", []float64{5e-7}, []float64{0}, RMS(0.1), true},
		{"rms of zeros, beyond the floor", []float64{2e-6}, []float64{0}, RMS(0.1), false},
		{"norm", []float64{3.09, 4}, []float64{3, 4}, Norm(0.02), true},
		{"norm, beyond it", []float64{3.11, 4}, []float64{3, 4}, Norm(0.02), false},
		{"exact", []float64{1, 2}, []float64{1, 2}, Exact(), true},
		{"exact, not", []float64{1, 2}, []float64{1, 2.0000001}, Exact(), false},
		{"off by one in half", []float64{1, 2}, []float64{1, 3}, OffByOne(0.5), true},
		{"off by one in more", []float64{2, 2}, []float64{1, 3}, OffByOne(0.5), false},
		{"off by two", []float64{1, 1}, []float64{1, 3}, OffByOne(0.5), false},
		{"NaN twice", []float64{nan}, []float64{nan}, Absolute(0), true},
		{"NaN once", []float64{nan}, []float64{1}, Absolute(math.MaxFloat64), false},
		{"NaN wanted", []float64{1}, []float64{nan}, RMS(1), false},
		{"too few", []float64{1}, []float64{1, 2}, Absolute(9), false},
		{"an unknown rule", []float64{1}, []float64{1}, Tolerance{Rule: "about"}, false},
	} {
		if d := Compare(c.got, c.want, c.tolerance); d.Pass != c.pass {
			t.Errorf("%s: pass %v, want %v: %s", c.name, d.Pass, c.pass, d)
		}
	}
}

func TestCompareNamesTheWorst(t *testing.T) {
	d := Compare([]float32{1, 5, 3}, []float32{1, 2, 2}, Absolute(1))
	if d.At != 1 || d.Absolute != 3 || d.Got != 5 || d.Want != 2 || math.Abs(d.Relative-3/math.Sqrt(3)) > 1e-12 {
		t.Errorf("got %+v", d)
	}
}
