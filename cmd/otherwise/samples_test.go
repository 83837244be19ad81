package main

import (
	"slices"
	"testing"
)

func TestSharesByClass(t *testing.T) {
	got := sharesByClass([]bool{true, false, true, true}, []int{0, 0, 1, 0}, 2)
	if want := []float64{2.0 / 3, 1, 0.75}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
