package main

import (
	"math"

	"otherwise/counterfactual"
)

// distances are how far a counterfactual is from its original.
type distances struct {
	L1 float64 `json:"l1"` // sum of the absolute differences of all channel values, which are in [0, 1]
	L2 float64 `json:"l2"` // square root of the sum of their squares
	// Outside is the mean absolute difference of the channel values outside the mask; nil without a mask.
	Outside *float64 `json:"outside,omitempty"`
}

// measure compares an original with what was found. mask, which is 0 outside, may be nil.
func measure(original, found counterfactual.Picture, mask *counterfactual.Grid) distances {
	var d distances
	var squares, outside float64
	var count int
	for i, before := range original.Values {
		change := math.Abs(float64(found.Values[i]) - float64(before))
		d.L1 += change
		squares += change * change
		if mask != nil && mask.Values[i/original.Channels] < 0.5 {
			outside += change
			count++
		}
	}
	d.L2 = math.Sqrt(squares)
	if count > 0 {
		outside /= float64(count)
		d.Outside = &outside
	}
	return d
}
