package cam

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"otherwise/counterfactual"
	"otherwise/internal/golden"
)

// goldenDeltas are the thresholds of the reference data; some pixels are exactly at 0.25, 0.5 and 0.75.
var goldenDeltas = []float64{0.25, 0.3, 0.5, 0.75, 1}

// goldenMaps returns the two maps of 64x64 of the reference data.
func goldenMaps(t *testing.T, g *golden.File) []*counterfactual.Grid {
	t.Helper()
	values, shape := g.Floats("cam")
	maps := make([]*counterfactual.Grid, shape[0])
	size := shape[2] * shape[3]
	for i := range maps {
		maps[i] = &counterfactual.Grid{Height: shape[2], Width: shape[3], Channels: 1, Values: values[i*size : (i+1)*size]}
	}
	return maps
}

// equalMask fails where a mask of the given place in the batch differs from the reference data anywhere.
func equalMask(t *testing.T, g *golden.File, name string, place int, got *counterfactual.Grid) {
	t.Helper()
	want := g.Ints(name)
	n := len(got.Values)
	if len(want) != 2*n {
		t.Fatalf("%s: %d values for two masks, got one of %d", name, len(want), n)
	}
	for i, v := range got.Values {
		if int32(v) != want[place*n+i] {
			t.Fatalf("%s, map %d: position %d is %g, want %d", name, place, i, v, want[place*n+i])
		}
	}
}

func TestThresholdAgreesWithReference(t *testing.T) {
	g := golden.Open(t, "testdata/eced_masks.safetensors")
	for i, m := range goldenMaps(t, g) {
		for _, delta := range goldenDeltas {
			equalMask(t, g, fmt.Sprintf("mask_%g", delta), i, Threshold(m, delta, false))
			equalMask(t, g, fmt.Sprintf("mask_strict_%g", delta), i, Threshold(m, delta, true))
		}
	}
}

func share(mask *counterfactual.Grid) float64 {
	var n float64
	for _, v := range mask.Values {
		n += float64(v)
	}
	return n / float64(len(mask.Values))
}

func TestForegroundShare(t *testing.T) {
	ramp := &counterfactual.Grid{Height: 10, Width: 10, Channels: 1}
	for i := range 100 {
		ramp.Values = append(ramp.Values, float32((i*37)%100)/99) // each of 0..99 once, in no order
	}
	for _, want := range []float64{0.01, 0.07, 0.25, 0.5, 0.99} {
		delta, err := ForegroundShare(ramp, want)
		if err != nil {
			t.Fatal(err)
		}
		if got := share(Threshold(ramp, delta, false)); got != want {
			t.Errorf("asked for a share of %g, got %g at threshold %g", want, got, delta)
		}
	}
	for _, bad := range []float64{0, 1, -0.5, 2} {
		if _, err := ForegroundShare(ramp, bad); err == nil || !strings.Contains(err.Error(), "legal") {
			t.Errorf("share %g: error %v, wanted one that says what is legal", bad, err)
		}
	}
	if _, err := ForegroundShare(&counterfactual.Grid{}, 0.5); err == nil {
		t.Error("the share of an empty map is no error")
	}
}

func TestForegroundShareWithEqualValues(t *testing.T) {
	m := &counterfactual.Grid{Height: 1, Width: 4, Channels: 1, Values: []float32{0, 0.5, 0.5, 1}}
	delta, err := ForegroundShare(m, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	if got := share(Threshold(m, delta, false)); got != 0.75 {
		t.Errorf("share %g, want both equal values in it: 0.75", got)
	}
}

func TestCheckMask(t *testing.T) {
	m := &counterfactual.Grid{Height: 2, Width: 2, Channels: 1, Values: []float32{0, 0.25, 0.5, 1}}
	if err := CheckMask(Threshold(m, 0.3, false), 0.3); err != nil {
		t.Errorf("a mask with both: %v", err)
	}
	for _, c := range []struct {
		delta float64
		want  error
		says  []string
	}{
		{1.5, ErrNoForeground, []string{"1.5", "share", "2x2", "lower the threshold"}},
		{-0.5, ErrAllForeground, []string{"-0.5", "share", "2x2", "raise the threshold"}},
	} {
		err := CheckMask(Threshold(m, c.delta, false), c.delta)
		if !errors.Is(err, c.want) {
			t.Errorf("threshold %g: %v, want %v", c.delta, err, c.want)
			continue
		}
		for _, part := range c.says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not say %q", err, part)
			}
		}
	}
}
