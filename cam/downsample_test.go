package cam

import (
	"slices"
	"strings"
	"testing"

	"otherwise/counterfactual"
)

func TestDownsampleDefaultIsNearestCenter(t *testing.T) {
	mask := &counterfactual.Grid{Height: 2, Width: 4, Channels: 1, Values: []float32{1, 1, 0, 0, 1, 0, 0, 1}}
	got, err := Downsample(mask, 2, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{0, 1}; !slices.Equal(got.Values, want) || got.Height != 1 || got.Width != 2 {
		t.Errorf("got %dx%d %v, want 2x1 %v", got.Width, got.Height, got.Values, want)
	}
}

func TestDownsampleRefuses(t *testing.T) {
	ones := []float32{1, 1, 1, 1}
	for name, c := range map[string]struct {
		mask   counterfactual.Grid
		factor int
		mode   Mode
		says   string
	}{
		"unknown mode": {counterfactual.Grid{Height: 2, Width: 2, Values: ones}, 2, "bicubic", "nearest_center"},
		"odd side":     {counterfactual.Grid{Height: 1, Width: 4, Values: ones}, 2, Any, "4x1"},
		"factor 0":     {counterfactual.Grid{Height: 2, Width: 2, Values: ones}, 0, Any, "factor"},
		"a map":        {counterfactual.Grid{Height: 1, Width: 2, Values: []float32{0, 0.5}}, 1, Any, "0.5"},
		"wrong size":   {counterfactual.Grid{Height: 2, Width: 3, Values: ones}, 1, Any, "4 values"},
		"empty":        {counterfactual.Grid{}, 1, Any, "0 values"},
	} {
		if _, err := Downsample(&c.mask, c.factor, c.mode); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, wanted one that says %q", name, err, c.says)
		}
	}
}
