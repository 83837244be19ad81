package viz

import (
	"slices"
	"testing"
)

func TestLikeliestHasFiveClassesInOrder(t *testing.T) {
	bars := Likeliest([]string{"a", "b", "c", "d", "e", "f"}, []float64{.1, .3, 0, .35, .05, .2})
	if want := []string{"d", "b", "f", "a", "e"}; !slices.Equal(bars.Labels, want) {
		t.Errorf("labels are %v, want %v", bars.Labels, want)
	}
	if want := []float64{.35, .3, .2, .1, .05}; !slices.Equal(bars.Series[0].Values, want) {
		t.Errorf("values are %v, want %v", bars.Series[0].Values, want)
	}
	if _, err := bars.HTML(); err != nil {
		t.Error(err)
	}
}
