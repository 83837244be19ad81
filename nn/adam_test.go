package nn_test

import (
	"math"
	"testing"

	"otherwise/nn"
)

// Package verify compares the updates themselves with the reference.
func TestAdamRefusesBadSettings(t *testing.T) {
	for _, o := range []nn.AdamOptions{{Beta1: 1}, {Beta2: -0.1}, {Beta1: math.NaN()}, {Epsilon: -1}, {WeightDecay: math.Inf(1)}} {
		if err := o.Validate(); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	if err := (nn.AdamOptions{Beta1: 0.5, WeightDecay: 0.1}).Validate(); err != nil {
		t.Error(err)
	}
}
