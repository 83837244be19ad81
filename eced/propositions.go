package eced

import (
	"fmt"
	"math"
	"slices"

	"otherwise/cam"
	"otherwise/counterfactual"
)

// Prune sets a gradient [height, width, channels] to zero where the mask [height, width] is 0, in every channel. It is
// adversarial gradient pruning, the paper's Proposition 1.
func Prune(gradient, mask *counterfactual.Grid) *counterfactual.Grid {
	out := &counterfactual.Grid{Height: gradient.Height, Width: gradient.Width, Channels: gradient.Channels}
	for i, v := range gradient.Values {
		out.Values = append(out.Values, v*mask.Values[i/gradient.Channels])
	}
	return out
}

// Deviation says how far a pruned gradient p is from the gradient g itself.
type Deviation struct {
	Norm       float64 // |g|
	NormPruned float64 // |p|
	Inner      float64 // <g, p>
	Diff       float64 // |g - p|
	Cos        float64 // |p| / |g|, the cosine of the angle between the two
}

// Deviate measures the deviation of a gradient from its pruned form.
func Deviate(gradient, mask *counterfactual.Grid) Deviation {
	pruned := Prune(gradient, mask)
	var full, kept, inner, apart float64
	for i, v := range gradient.Values {
		g, p := float64(v), float64(pruned.Values[i])
		full, kept, inner, apart = full+g*g, kept+p*p, inner+g*p, apart+(g-p)*(g-p)
	}
	d := Deviation{Norm: math.Sqrt(full), NormPruned: math.Sqrt(kept), Inner: inner, Diff: math.Sqrt(apart)}
	d.Cos = d.NormPruned / d.Norm
	return d
}

// Property is one of the checkable statements that make up the paper's propositions on gradient pruning.
type Property struct {
	Name  string // P1 to P12 of SPEC-ECED section 5
	Says  string
	Holds bool
	Found string // the numbers behind it
}

// Regions makes the latent's mask of an activation map at a threshold, as stage A does; strict keeps what is above it only.
type Regions struct {
	Map    *counterfactual.Grid
	Factor int // side of a picture divided by the side of its latent
	Mode   cam.Mode
}

// Mask returns the mask at the threshold delta.
func (r Regions) Mask(delta float64, strict bool) (*counterfactual.Grid, error) {
	return cam.Downsample(cam.Threshold(r.Map, delta, strict), r.Factor, r.Mode)
}

// slack bounds the rounding of sums in float64 of products of float32, relative to the gradient's square.
const slack = 1e-9

// CheckPruning checks the paper's propositions 1 and 2 on a gradient [height, width, channels] and the masks of an
// activation map: pruning is a projection and gives a direction of descent (P1 to P5); it deviates more the higher the
// threshold (P6), from not at all to all (P7), and the deviation converges as a threshold does (P8, P9). deltas are the thresholds
// looked at, star is the one that the others converge to; a map with a value of exactly star shows P9's gap.
//
// What the propositions don't give is that pruned descent reaches the target: with too high a threshold it doesn't.
// The formulas of the paper are lost; this is the reading of SPEC-ECED section 5.
func CheckPruning(gradient *counterfactual.Grid, r Regions, deltas []float64, star float64) ([]Property, error) {
	if len(deltas) == 0 {
		return nil, fmt.Errorf("eced: no thresholds to check pruning at")
	}
	masks := make([]*counterfactual.Grid, len(deltas))
	deviations := make([]Deviation, len(deltas))
	deltas = slices.Sorted(slices.Values(deltas))
	for i, delta := range deltas {
		var err error
		if masks[i], err = r.Mask(delta, false); err != nil {
			return nil, err
		}
		if len(masks[i].Values)*gradient.Channels != len(gradient.Values) {
			return nil, fmt.Errorf("eced: a mask of %dx%d for a gradient of %dx%d", masks[i].Width, masks[i].Height, gradient.Width, gradient.Height)
		}
		deviations[i] = Deviate(gradient, masks[i])
	}
	projection := projectionProperties(gradient, masks, deviations)
	monotone, err := monotoneProperties(gradient, r, masks, deviations)
	if err != nil {
		return nil, err
	}
	limits, err := limitProperties(gradient, r, star)
	return slices.Concat(projection, monotone, limits), err
}

// projectionProperties are P1 to P5, at each mask.
func projectionProperties(gradient *counterfactual.Grid, masks []*counterfactual.Grid, deviations []Deviation) []Property {
	var p1, p2, p3, p4, p5 float64
	for i, d := range deviations {
		square := d.Norm * d.Norm
		p1 = max(p1, math.Abs(d.Inner-d.NormPruned*d.NormPruned)/square)
		var background float64
		for j, v := range gradient.Values {
			if masks[i].Values[j/gradient.Channels] == 0 {
				background += float64(v) * float64(v)
			}
		}
		p2 = max(p2, math.Abs(d.Diff*d.Diff-(square-d.NormPruned*d.NormPruned))/square, math.Abs(d.Diff*d.Diff-background)/square)
		if d.NormPruned > 0 {
			p3 = max(p3, math.Abs(d.Inner/(d.Norm*d.NormPruned)-d.Cos))
		}
		pruned := Prune(gradient, masks[i])
		p4 = max(p4, foregroundResidual(gradient, pruned, masks[i])/square)
		again := Prune(pruned, masks[i])
		for j, v := range again.Values {
			p5 = max(p5, math.Abs(float64(v-pruned.Values[j])))
		}
	}
	found := func(v float64) string { return fmt.Sprintf("largest deviation %.2g", v) }
	return []Property{
		{"P1", "<g,p> = |p|^2 >= 0: the pruned gradient is a direction of descent", p1 < slack, found(p1)},
		{"P2", "|g-p|^2 = |g|^2 - |p|^2, the background's share", p2 < slack, found(p2)},
		{"P3", "cos(g,p) = |p|/|g|", p3 < slack, found(p3)},
		{"P4", "p is the projection of g: g-p is orthogonal to every vector of the foreground", p4 == 0, found(p4)},
		{"P5", "pruning twice is pruning once", p5 == 0, found(p5)},
	}
}

// foregroundResidual is |g-p|^2 inside the mask. It is zero for the projection and for no other vector of the foreground.
func foregroundResidual(gradient, pruned, mask *counterfactual.Grid) float64 {
	var sum float64
	for i, v := range gradient.Values {
		if mask.Values[i/gradient.Channels] != 0 {
			sum += float64(v-pruned.Values[i]) * float64(v-pruned.Values[i])
		}
	}
	return sum
}

// monotoneProperties are P6, over the masks in the order of their thresholds, and P7.
func monotoneProperties(gradient *counterfactual.Grid, r Regions, masks []*counterfactual.Grid, deviations []Deviation) ([]Property, error) {
	p6 := true
	for i := 1; i < len(masks); i++ {
		for j, v := range masks[i].Values {
			p6 = p6 && v <= masks[i-1].Values[j]
		}
		p6 = p6 && deviations[i].Diff >= deviations[i-1].Diff && deviations[i].Cos <= deviations[i-1].Cos
	}
	all, err := r.Mask(0, false)
	if err != nil {
		return nil, err
	}
	none, err := r.Mask(float64(math.Nextafter32(1, 2)), false)
	if err != nil {
		return nil, err
	}
	a, n := Deviate(gradient, all), Deviate(gradient, none)
	return []Property{
		{"P6", "a higher threshold has its foreground inside that of a lower one, and deviates at least as much", p6,
			fmt.Sprintf("|g-p| from %.4g to %.4g", deviations[0].Diff, deviations[len(deviations)-1].Diff)},
		{"P7", "at thresholds up to 0 p = g, above 1 p = 0", a.Diff == 0 && n.NormPruned == 0, fmt.Sprintf("|g-p| %.2g, |p| %.2g", a.Diff, n.NormPruned)},
	}, nil
}

// limitSteps are the terms of a sequence of thresholds that halve their distance to the limit: the last is as near to it as float32
// tells numbers below 1 apart.
const limitSteps = 26

// limitProperties are P8 and P9: sequences of thresholds that converge to star from below and from above.
func limitProperties(gradient *counterfactual.Grid, r Regions, star float64) ([]Property, error) {
	at := func(delta float64, strict bool) (Deviation, error) {
		mask, err := r.Mask(delta, strict)
		if err != nil {
			return Deviation{}, err
		}
		return Deviate(gradient, mask), nil
	}
	var ds [4]Deviation
	for i, q := range []struct {
		delta  float64
		strict bool
	}{{star, false}, {star, true}, {star - math.Pow(0.5, limitSteps-2), false}, {star + math.Pow(0.5, limitSteps-2), false}} {
		var err error
		if ds[i], err = at(q.delta, q.strict); err != nil {
			return nil, err
		}
	}
	limit, strict, below, above := ds[0].Diff, ds[1].Diff, ds[2].Diff, ds[3].Diff
	return []Property{
		{"P8", "thresholds rising to a limit reach its deviation after finitely many terms", below == limit,
			fmt.Sprintf("|g-p| %.6g, limit %.6g", below, limit)},
		{"P9", "thresholds falling to a limit reach that of the strict comparison, another where a pixel lies on the limit", above == strict,
			fmt.Sprintf("|g-p| %.6g, strict %.6g, limit %.6g", above, strict, limit)},
	}, nil
}
