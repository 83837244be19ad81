package main

import (
	"slices"
	"testing"
)

func TestAgreement(t *testing.T) {
	said := [][]float64{{0.9, 0.1}, {0.2, 0.8}, {0.3, 0.7}, {0.6, 0.4}}
	got := agreement(said, []int{0, 0, 1, 0}, 2)
	if want := []float64{2.0 / 3, 1, 0.75}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
