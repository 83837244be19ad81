package cam

import (
	"errors"
	"strings"
	"testing"

	"otherwise/counterfactual"
)

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
