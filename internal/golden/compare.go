package golden

import (
	"fmt"
	"math"
)

// Rule is what a tolerance bounds.
type Rule string

// The rules.
const (
	// RuleAbsolute bounds the largest absolute difference.
	RuleAbsolute Rule = "absolute"
	// RuleRMS bounds the largest absolute difference by a multiple of the root mean square of the expected values. Where
	// these are all zero, the bound is 1e-6.
	RuleRMS Rule = "rms"
	// RuleNorm bounds the norm of the difference by a multiple of the expected values' norm.
	RuleNorm Rule = "norm"
	// RuleExact wants equal values.
	RuleExact Rule = "exact"
	// RuleOffByOne wants whole numbers that are equal, but for a share of them that may be off by one.
	RuleOffByOne Rule = "off by one"
)

// Tolerance is how far a result may be from what is expected.
type Tolerance struct {
	Rule  Rule    `json:"rule"`
	Value float64 `json:"value,omitempty"`
}

// Absolute allows a difference of v anywhere.
func Absolute(v float64) Tolerance { return Tolerance{RuleAbsolute, v} }

// RMS allows a difference of v root mean squares of the expected values anywhere.
func RMS(v float64) Tolerance { return Tolerance{RuleRMS, v} }

// Norm allows a difference whose norm is v of the expected values' norm.
func Norm(v float64) Tolerance { return Tolerance{RuleNorm, v} }

// Exact allows no difference.
func Exact() Tolerance { return Tolerance{Rule: RuleExact} }

// OffByOne allows whole numbers that are off by one, of which there may be the given share.
func OffByOne(share float64) Tolerance { return Tolerance{RuleOffByOne, share} }

func (t Tolerance) String() string {
	switch t.Rule {
	case RuleExact:
		return "exact"
	case RuleAbsolute:
		return fmt.Sprintf("%.1e", t.Value)
	}
	return fmt.Sprintf("%.1e %s", t.Value, t.Rule)
}

// zeroFloor is the absolute tolerance of RuleRMS for values that are all expected to be zero.
const zeroFloor = 1e-6

// Difference is how two slices of values differ.
type Difference struct {
	Values    int       // how many were compared
	Absolute  float64   // largest absolute difference; infinite where only one of two is NaN, or their number differs
	Relative  float64   // the same divided by the root mean square of the expected values; 0 where both are 0
	At        int       // where
	Got, Want float64   // there
	Tolerance Tolerance // what was allowed
	Pass      bool
}

func (d Difference) String() string {
	if math.IsInf(d.Absolute, 1) && d.At < 0 {
		return fmt.Sprintf("%g values, want %g", d.Got, d.Want)
	}
	return fmt.Sprintf("differs by %.3g at %d of %d (got %g, want %g), tolerance %s", d.Absolute, d.At, d.Values, d.Got, d.Want, d.Tolerance)
}

// Number is what can be compared.
type Number interface {
	~float32 | ~float64 | ~int | ~int32 | ~int64 | ~uint8
}

// Compare says how two slices differ, and whether the tolerance allows it. NaN equals NaN only.
func Compare[T Number](got, want []T, tolerance Tolerance) Difference {
	d := Difference{Values: len(want), Tolerance: tolerance}
	if len(got) != len(want) {
		d.Absolute, d.Relative, d.At, d.Got, d.Want = math.Inf(1), math.Inf(1), -1, float64(len(got)), float64(len(want))
		return d
	}
	var squares, apart float64
	different := 0
	for i := range got {
		g, w := float64(got[i]), float64(want[i])
		if math.IsNaN(g) && math.IsNaN(w) || g == w {
			if !math.IsNaN(w) {
				squares += w * w
			}
			continue
		}
		squares += w * w
		different++
		by := math.Abs(g - w)
		if math.IsNaN(by) {
			by = math.Inf(1)
		}
		apart += by * by
		if by > d.Absolute {
			d.Absolute, d.At, d.Got, d.Want = by, i, g, w
		}
	}
	rms := math.Sqrt(squares / float64(max(1, len(want))))
	if d.Absolute > 0 {
		d.Relative = d.Absolute / rms
	}
	switch tolerance.Rule {
	case RuleAbsolute:
		d.Pass = d.Absolute <= tolerance.Value
	case RuleRMS:
		d.Pass = d.Absolute <= tolerance.Value*rms || rms == 0 && d.Absolute <= zeroFloor
	case RuleNorm:
		d.Pass = math.Sqrt(apart) <= tolerance.Value*math.Sqrt(squares)
	case RuleExact:
		d.Pass = different == 0
	case RuleOffByOne:
		d.Pass = d.Absolute <= 1 && float64(different) <= tolerance.Value*float64(len(want))
	}
	return d
}
