package main

import (
	"context"
	"fmt"
	"image"
	"slices"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/metrics"
)

// changedBy is the channel difference from which on a pixel counts as changed.
const changedBy = 0.1

// truthMeter compares counterfactuals with the true ones, in a world where they are known.
type truthMeter struct {
	world       datasets.World
	fit         func(image.Image) (counterfactual.Picture, error)
	activations *counterfactual.Activations // nil: distances are of pixels only
	factors     *bundle.FactorTeller        // nil: nobody tells what was left as it is
	planted     []datasets.Bias             // what was planted in training pictures of the bundle's classifiers
}

// truthMeter prepares the comparison; nil where the set isn't a world, or not of the bundle's classes.
func (b *bench) truthMeter(set datasets.Dataset) *truthMeter {
	world, known := set.(datasets.World)
	if !known || !slices.Equal(world.Classes(), b.Classes) {
		return nil
	}
	return &truthMeter{world: world, fit: b.Picture, activations: b.Activations(), factors: b.FactorTeller(), planted: b.Planted}
}

// counterfactual gives the truth about a sample in another class, its picture as the models take it.
func (m *truthMeter) counterfactual(index, target int) (datasets.Truth, counterfactual.Picture, error) {
	truth, err := m.world.Truth(index, target)
	if err != nil {
		return datasets.Truth{}, counterfactual.Picture{}, err
	}
	p, err := m.fit(truth.Image)
	return truth, p, err
}

// truthOutcome is how a counterfactual compares with the true one. Distances are mean absolute differences.
type truthOutcome struct {
	metrics.Closeness
	// Perceptual is the closeness by the distance of LPIPS in the feature maps of the bundle's encoder, all channels weighing
	// the same; nil without one.
	Perceptual *metrics.Closeness `json:"perceptual,omitempty"`
	Changed    float64            `json:"changed_iou"`             // of the changed region with what decides
	Mask       *float64           `json:"mask_iou,omitempty"`      // of the method's mask, if it has one
	Consensus  *float64           `json:"consensus_iou,omitempty"` // of where the method steered in half of its steps or more, if it tells
	// Kept is the share of the factors other than the class that the judge finds as in the original, and KeptByTruth the same of
	// the true counterfactual, which tells the judge's own errors; nil where the judge tells the class only.
	Kept        *float64 `json:"factors_kept,omitempty"`
	KeptByTruth *float64 `json:"factors_kept_by_truth,omitempty"`
	// Planted is the share of the change that lies where the planted factors show; nil where nothing was planted.
	Planted *float64 `json:"change_in_planted,omitempty"`
}

// measure compares a result with the true counterfactual of a sample. target is its class in the world.
func (m *truthMeter) measure(ctx context.Context, index, target int, r *counterfactual.Result) (*truthOutcome, error) {
	truth, picture, err := m.counterfactual(index, target)
	if err != nil {
		return nil, err
	}
	other, err := m.world.Sample(someOf(m.world, index, target))
	if err != nil {
		return nil, err
	}
	random, err := m.fit(other.Image)
	if err != nil {
		return nil, err
	}
	var o truthOutcome
	if o.Closeness, err = metrics.ToTruth(picture, r.Counterfactual, r.Original, random, metrics.MeanAbsolute); err != nil {
		return nil, err
	}
	if m.activations != nil {
		closeness, err := metrics.ToTruth(picture, r.Counterfactual, r.Original, random, m.perceptual)
		if err != nil {
			return nil, err
		}
		o.Perceptual = &closeness
	}
	if err := o.overlaps(truth, r); err != nil {
		return nil, err
	}
	if err := m.kept(ctx, r, picture, &o); err != nil {
		return nil, err
	}
	o.Planted, err = m.inPlanted(index, r)
	return &o, err
}

// perceptual is LPIPS' distance in the encoder's feature maps.
func (m *truthMeter) perceptual(a, b counterfactual.Picture) (float64, error) {
	maps, err := m.activations.Of(a, b)
	if err != nil {
		return 0, err
	}
	weights := make([][]float64, len(maps[0]))
	for layer, grid := range maps[0] {
		weights[layer] = slices.Repeat([]float64{1}, grid.Channels)
	}
	return metrics.PerceptualDistance(maps[0], maps[1], weights)
}

// overlaps compares the regions of a result with what really decides.
func (o *truthOutcome) overlaps(truth datasets.Truth, r *counterfactual.Result) error {
	decisive := metrics.MaskGrid(truth.Decisive)
	changed, err := metrics.ChangedRegion(r.Original, r.Counterfactual, changedBy)
	if err != nil {
		return err
	}
	if o.Changed, err = metrics.IoU(changed, decisive); err != nil {
		return err
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
			return err
		}
		*m.to = &iou
	}
	return nil
}

// kept asks the judge which factors are as they were.
func (m *truthMeter) kept(ctx context.Context, r *counterfactual.Result, truth counterfactual.Picture, o *truthOutcome) error {
	if m.factors == nil {
		return nil
	}
	told, err := m.factors.Tell(ctx, r.Original, r.Counterfactual, truth)
	if err != nil {
		return err
	}
	for i, to := range []**float64{&o.Kept, &o.KeptByTruth} {
		kept, err := metrics.FactorsKept(told[0], told[1+i], m.world.Task())
		if err != nil {
			return err
		}
		*to = &kept
	}
	return nil
}

// inPlanted is the share of a counterfactual's change that lies where one of the planted factors shows.
func (m *truthMeter) inPlanted(index int, r *counterfactual.Result) (*float64, error) {
	if len(m.planted) == 0 {
		return nil, nil
	}
	var region *image.Gray
	for _, bias := range m.planted {
		factor, _ := bias.Split()
		shows, err := m.world.Shows(index, factor)
		if err != nil {
			return nil, err
		}
		if region != nil {
			shows = datasets.Union(region, shows)
		}
		region = shows
	}
	inside, err := metrics.ChangeInside(r.Original, r.Counterfactual, metrics.MaskGrid(region))
	return &inside, err
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
	Closer           float64            `json:"closer"` // share of counterfactuals nearer to the truth than both trivial answers
	Perceptual       *metrics.Closeness `json:"perceptual,omitempty"`
	CloserPerceptual *float64           `json:"closer_perceptual,omitempty"`
	Changed          float64            `json:"changed_iou"`
	Mask             *float64           `json:"mask_iou,omitempty"`
	Consensus        *float64           `json:"consensus_iou,omitempty"`
	Kept             *float64           `json:"factors_kept,omitempty"`
	KeptByTruth      *float64           `json:"factors_kept_by_truth,omitempty"`
	InPlanted        *float64           `json:"change_in_planted,omitempty"` // mean share of the change
	// Planted is the share of counterfactuals most of whose change lies where the planted factors show.
	Planted *float64 `json:"planted_share,omitempty"`
}

func summariseTruth(outcomes []outcome) *truthSummary {
	var all, perceptual []metrics.Closeness
	var changed, masks, consensus, kept, keptByTruth, planted []float64
	add := func(to *[]float64, value *float64) {
		if value != nil {
			*to = append(*to, *value)
		}
	}
	for _, o := range outcomes {
		if o.Truth == nil {
			continue
		}
		all, changed = append(all, o.Truth.Closeness), append(changed, o.Truth.Changed)
		if o.Truth.Perceptual != nil {
			perceptual = append(perceptual, *o.Truth.Perceptual)
		}
		add(&masks, o.Truth.Mask)
		add(&consensus, o.Truth.Consensus)
		add(&kept, o.Truth.Kept)
		add(&keptByTruth, o.Truth.KeptByTruth)
		add(&planted, o.Truth.Planted)
	}
	if len(all) == 0 {
		return nil
	}
	s := &truthSummary{Mask: mean(masks), Consensus: mean(consensus), Changed: *mean(changed), Kept: mean(kept), KeptByTruth: mean(keptByTruth), InPlanted: mean(planted)}
	s.Closeness, s.Closer = metrics.MeanCloseness(all)
	if len(perceptual) > 0 {
		closeness, closer := metrics.MeanCloseness(perceptual)
		s.Perceptual, s.CloserPerceptual = &closeness, &closer
	}
	if len(planted) > 0 {
		share := metrics.PlantedShare(planted)
		s.Planted = &share
	}
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

// truthMeasure is a number of a summary against the truth, and what it is called in tables; nil where it isn't known.
type truthMeasure struct {
	name string
	of   func(*truthSummary) *float64
}

// truthMeasures lists them in the order of tables.
func truthMeasures() []truthMeasure {
	perceptual := func(of func(*metrics.Closeness) *float64) func(*truthSummary) *float64 {
		return func(t *truthSummary) *float64 {
			if t.Perceptual == nil {
				return nil
			}
			return of(t.Perceptual)
		}
	}
	return []truthMeasure{
		{"distance to the truth", func(t *truthSummary) *float64 { return &t.Found }},
		{"unchanged picture's", func(t *truthSummary) *float64 { return &t.Unchanged }},
		{"random target picture's", func(t *truthSummary) *float64 { return &t.Random }},
		{"closer than both", func(t *truthSummary) *float64 { return &t.Closer }},
		{"perceptual distance to the truth", perceptual(func(c *metrics.Closeness) *float64 { return &c.Found })},
		{"unchanged picture's, perceptual", perceptual(func(c *metrics.Closeness) *float64 { return &c.Unchanged })},
		{"random target picture's, perceptual", perceptual(func(c *metrics.Closeness) *float64 { return &c.Random })},
		{"closer than both, perceptually", func(t *truthSummary) *float64 { return t.CloserPerceptual }},
		{"IoU of changes and what decides", func(t *truthSummary) *float64 { return &t.Changed }},
		{"IoU of mask and what decides", func(t *truthSummary) *float64 { return t.Mask }},
		{"IoU of consensus and what decides", func(t *truthSummary) *float64 { return t.Consensus }},
		{"other factors kept", func(t *truthSummary) *float64 { return t.Kept }},
		{"kept by the truth, as the judge sees it", func(t *truthSummary) *float64 { return t.KeptByTruth }},
		{"change where the planted factor shows", func(t *truthSummary) *float64 { return t.InPlanted }},
		{"most of the change there", func(t *truthSummary) *float64 { return t.Planted }},
	}
}

// cell is the measure of a method as tables have it; empty where it isn't known.
func (m truthMeasure) cell(s summary) string {
	if s.Truth == nil || m.of(s.Truth) == nil {
		return ""
	}
	return fmt.Sprintf("%.4f", *m.of(s.Truth))
}

// truthRows are the lines of the table that tell of the truth; those of which no method knows anything are left out.
func truthRows(all []summary, row func(name string, cell func(summary) string)) {
	for _, m := range truthMeasures() {
		if !slices.ContainsFunc(all, func(s summary) bool { return m.cell(s) != "" }) {
			continue
		}
		row(m.name, func(s summary) string {
			if m.cell(s) == "" {
				return "-"
			}
			return m.cell(s)
		})
	}
}
