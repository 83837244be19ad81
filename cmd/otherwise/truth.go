package main

import (
	"fmt"

	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/metrics"
)

// changedBy is the channel difference from which on a pixel counts as changed.
const changedBy = 0.1

// truthOutcome is how a counterfactual compares with the true one, in a world where that is known. Distances are mean
// absolute differences.
type truthOutcome struct {
	metrics.Closeness
	Changed   float64  `json:"changed_iou"`             // of the changed region with what decides
	Mask      *float64 `json:"mask_iou,omitempty"`      // of the method's mask, if it has one
	Consensus *float64 `json:"consensus_iou,omitempty"` // of where the method steered in half of its steps or more, if it tells
}

// truthOf compares a result with the true counterfactual of a world's sample. target is its class in the world.
func truthOf(world datasets.World, index, target int, r *counterfactual.Result, fit func(datasets.Sample) (counterfactual.Picture, error)) (*truthOutcome, error) {
	truth, err := world.Truth(index, target)
	if err != nil {
		return nil, err
	}
	picture, err := fit(datasets.Sample{Image: truth.Image})
	if err != nil {
		return nil, err
	}
	other, err := world.Sample(someOf(world, index, target))
	if err != nil {
		return nil, err
	}
	random, err := fit(other)
	if err != nil {
		return nil, err
	}
	var o truthOutcome
	if o.Closeness, err = metrics.ToTruth(picture, r.Counterfactual, r.Original, random, metrics.MeanAbsolute); err != nil {
		return nil, err
	}
	decisive := metrics.MaskGrid(truth.Decisive)
	changed, err := metrics.ChangedRegion(r.Original, r.Counterfactual, changedBy)
	if err != nil {
		return nil, err
	}
	if o.Changed, err = metrics.IoU(changed, decisive); err != nil {
		return nil, err
	}
	for _, m := range []struct {
		grid *counterfactual.Grid
		to   **float64
	}{{r.Mask, &o.Mask}, {r.Consensus, &o.Consensus}} {
		if m.grid == nil {
			continue
		}
		iou, err := metrics.IoU(m.grid, decisive)
		if err != nil {
			return nil, err
		}
		*m.to = &iou
	}
	return &o, nil
}

// someOf is the number of the next sample of a class after index, from the first on where there is none.
func someOf(world datasets.World, index, class int) int {
	for k := 1; k < world.Len(); k++ {
		if i := (index + k) % world.Len(); world.Label(i) == class {
			return i
		}
	}
	return index
}

// truthSummary is what an evaluation found against the truth: means over the pictures that did not fail.
type truthSummary struct {
	metrics.Closeness
	Closer    float64  `json:"closer"` // share of counterfactuals nearer to the truth than both trivial answers
	Changed   float64  `json:"changed_iou"`
	Mask      *float64 `json:"mask_iou,omitempty"`
	Consensus *float64 `json:"consensus_iou,omitempty"`
}

func summariseTruth(outcomes []outcome) *truthSummary {
	var all []metrics.Closeness
	var changed, masks, consensus []float64
	for _, o := range outcomes {
		if o.Truth == nil {
			continue
		}
		all, changed = append(all, o.Truth.Closeness), append(changed, o.Truth.Changed)
		if o.Truth.Mask != nil {
			masks = append(masks, *o.Truth.Mask)
		}
		if o.Truth.Consensus != nil {
			consensus = append(consensus, *o.Truth.Consensus)
		}
	}
	if len(all) == 0 {
		return nil
	}
	s := &truthSummary{Mask: mean(masks), Consensus: mean(consensus), Changed: *mean(changed)}
	s.Closeness, s.Closer = metrics.MeanCloseness(all)
	return s
}

// mean is nil of no values.
func mean(values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	var sum float64
	for _, v := range values {
		sum += v
	}
	sum /= float64(len(values))
	return &sum
}

// truthRows are the lines of the table that tell of the truth; none where no method was compared with it.
func truthRows(all []summary, row func(name string, cell func(summary) string)) {
	known := false
	for _, s := range all {
		known = known || s.Truth != nil
	}
	if !known {
		return
	}
	number := func(of func(*truthSummary) *float64) func(summary) string {
		return func(s summary) string {
			if s.Truth == nil || of(s.Truth) == nil {
				return "-"
			}
			return fmt.Sprintf("%.4f", *of(s.Truth))
		}
	}
	row("distance to the true counterfactual", number(func(t *truthSummary) *float64 { return &t.Found }))
	row("that of the unchanged picture", number(func(t *truthSummary) *float64 { return &t.Unchanged }))
	row("that of a picture of the target class", number(func(t *truthSummary) *float64 { return &t.Random }))
	row("closer to the truth than both", number(func(t *truthSummary) *float64 { return &t.Closer }))
	row("IoU of changes and what decides", number(func(t *truthSummary) *float64 { return &t.Changed }))
	row("IoU of mask and what decides", number(func(t *truthSummary) *float64 { return t.Mask }))
	row("IoU of consensus and what decides", number(func(t *truthSummary) *float64 { return t.Consensus }))
}
