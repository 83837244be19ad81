package counterfactual

import (
	"math"
	"testing"
)

// gray is a picture of one value.
func gray(side int, value float32) Picture {
	p := Picture{Height: side, Width: side, Channels: 1, Values: make([]float32, side*side)}
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
	got := Restore(original, reconstruction, found, 0.3)
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
	if got := Restore(original, reconstruction, found, 1).Values[10*side+side-5]; math.Abs(float64(got)-want) > 1e-3 {
		t.Errorf("half of the threshold: %g, want %g", got, want)
	}
}
