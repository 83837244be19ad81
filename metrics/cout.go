package metrics

import (
	"cmp"
	"fmt"
	"slices"

	"otherwise/counterfactual"
)

// Classify gives class probabilities of pictures, as [counterfactual.Predictor.Probabilities] does.
type Classify func(pictures ...counterfactual.Picture) ([][]float64, error)

// COUTOptions are the settings of [COUT]. The zero value is ACE's script.
type COUTOptions struct {
	// Steps is how many insertions there would be if they divided the picture evenly (50).
	Steps int
	// Paper weighs every insertion by 1/T, as the paper writes; otherwise by its share of the pixels, as the script
	// does, whose weights add to more than 1 where the last insertion is ragged.
	Paper bool
}

// COUTCurve is a picture's COUT with the probabilities it is made of: of the factual class and of the target while the
// counterfactual's pixels are inserted, the first before any.
type COUTCurve struct {
	COUT            float64
	Factual, Target []float64
}

// COUT is the counterfactual transition (Khorram and Fuxin 2022, as ACE has it), for each picture: pixels of the
// counterfactual are inserted into the original, the most changed first (ties in reading order); the area under the
// target's probability minus that under the factual class's, in [-1, 1]. Pictures have one size.
func COUT(originals, counterfactuals []counterfactual.Picture, factual, targets []int, classify Classify, o COUTOptions) ([]COUTCurve, error) {
	if err := pairs(originals, counterfactuals); err != nil {
		return nil, err
	}
	if len(factual) != len(originals) || len(targets) != len(originals) {
		return nil, fmt.Errorf("%d pictures with %d factual and %d target classes", len(originals), len(factual), len(targets))
	}
	steps := cmp.Or(o.Steps, 50)
	if steps < 1 {
		return nil, fmt.Errorf("COUT in %d steps; legal is 1 or more", steps)
	}
	pixels := originals[0].Height * originals[0].Width
	batch := max(1, pixels/steps)
	mixed, order := make([]counterfactual.Picture, len(originals)), make([][]int, len(originals))
	for i, x := range originals {
		if x.Height*x.Width != pixels {
			return nil, fmt.Errorf("picture %d has another size than the first", i)
		}
		mixed[i] = x
		mixed[i].Values = slices.Clone(x.Values)
		order[i] = byChange(ChangeMask(x, counterfactuals[i]))
	}
	curves := make([]COUTCurve, len(originals))
	for from := -batch; from < pixels; from += batch { // first nothing is inserted
		for i, x := range mixed {
			for _, pixel := range order[i][max(0, from):min(pixels, from+batch)] {
				at := pixel * x.Channels
				copy(x.Values[at:at+x.Channels], counterfactuals[i].Values[at:])
			}
		}
		rows, err := classify(mixed...)
		if err != nil {
			return nil, err
		}
		for i, row := range rows {
			if factual[i] < 0 || factual[i] >= len(row) || targets[i] < 0 || targets[i] >= len(row) {
				return nil, fmt.Errorf("picture %d: classes %d and %d; there are %d", i, factual[i], targets[i], len(row))
			}
			curves[i].Factual, curves[i].Target = append(curves[i].Factual, row[factual[i]]), append(curves[i].Target, row[targets[i]])
		}
	}
	weight := float64(batch) / float64(pixels)
	if o.Paper {
		weight = 1 / float64(len(curves[0].Factual)-1)
	}
	for i, c := range curves {
		curves[i].COUT = (trapezoids(c.Target) - trapezoids(c.Factual)) * weight
	}
	return curves, nil
}

// ChangeMask is how much each pixel changed: the sum over channels of |d|, scaled to [0, 1] over the picture; zeros where
// nothing changed.
func ChangeMask(a, b counterfactual.Picture) []float64 {
	m := make([]float64, a.Height*a.Width)
	for i := range m {
		for k := i * a.Channels; k < (i+1)*a.Channels; k++ {
			m[i] += max(float64(a.Values[k])-float64(b.Values[k]), float64(b.Values[k])-float64(a.Values[k]))
		}
	}
	low := slices.Min(m)
	for i := range m {
		m[i] -= low
	}
	if high := slices.Max(m); high > 0 {
		for i := range m {
			m[i] /= high
		}
	}
	return m
}

// byChange numbers pixels from the most changed on.
func byChange(mask []float64) []int {
	order := make([]int, len(mask))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(mask[b], mask[a]) })
	return order
}

// trapezoids is the area under values a unit apart.
func trapezoids(values []float64) float64 {
	sum := (values[0] + values[len(values)-1]) / 2
	for _, v := range values[1 : len(values)-1] {
		sum += v
	}
	return sum
}
