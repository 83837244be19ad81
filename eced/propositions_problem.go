package eced

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// Propositions are the paper's two propositions, checked on one problem.
type Propositions struct {
	Properties []Property           // P1 to P12
	Gradient   *counterfactual.Grid // of the loss in stage C's first iteration, by the blended latent: not pruned yet
	Regions    Regions              // of the activation map that stage A has made
}

// CheckPropositions makes stages A and B and the first iteration of stage C, and checks on them all that the paper's propositions say of
// gradient pruning and what stage C promises of a mask: see [CheckPruning], at [Thresholds] and with a limit that a position of the
// latent's mask lies on, and [Method.CheckMasking].
func (m *Method) CheckPropositions(ctx context.Context, p counterfactual.Problem) (*Propositions, error) {
	if m.options.Given != nil {
		return nil, errors.New("eced: the propositions are about thresholds on an activation map, and a mask is given in its place")
	}
	r, err := m.begin(p, nil)
	if err != nil {
		return nil, err
	}
	defer r.free()
	if err := r.chooseRegion(ctx); err != nil {
		return nil, fmt.Errorf("eced, activation map: %w", err)
	}
	if err := r.fitBackground(ctx); err != nil {
		return nil, fmt.Errorf("eced, background: %w", err)
	}
	scene, err := sceneOf([]*run{r})
	if err != nil {
		return nil, err
	}
	defer nn.Free(scene.Encoded, scene.Background, scene.LatentMask)
	noise, err := m.passNoise(ctx, scene, []*run{r}, 0)
	if err != nil {
		return nil, err
	}
	defer noise.free()
	out := &Propositions{Regions: Regions{Map: r.result.ActivationMap, Factor: m.models.Diffusion.Autoencoder.Factor(), Mode: m.options.MaskMode}}
	if out.Gradient, err = m.firstGradient(ctx, scene, noise); err != nil {
		return nil, err
	}
	star, err := out.Regions.limit()
	if err != nil {
		return nil, err
	}
	pruning, err := CheckPruning(out.Gradient, out.Regions, Thresholds(), star)
	if err != nil {
		return nil, err
	}
	masking, err := m.CheckMasking(ctx, scene, noise, 0)
	out.Properties = append(pruning, masking...)
	return out, err
}

// firstGradient is that of stage C's first iteration.
func (m *Method) firstGradient(ctx context.Context, s Scene, noise ChainNoise) (*counterfactual.Grid, error) {
	a, err := m.NewAdversary(s)
	if err != nil {
		return nil, err
	}
	defer a.Free()
	it, err := a.Step(ctx, noise)
	if err != nil {
		return nil, err
	}
	defer it.Free()
	gradients, err := counterfactual.Grids(it.Gradient)
	if err != nil {
		return nil, err
	}
	return &gradients[0], nil
}

// limit is the value of the map nearest to 0.5 at which the latent's mask has a gap: a position lies on it, so that it makes a
// difference whether the threshold itself counts. Where the mode knows no such value it is 0.5.
func (r Regions) limit() (float64, error) {
	values := slices.Clone(r.Map.Values)
	slices.SortFunc(values, func(a, b float32) int { return cmp.Compare(math.Abs(float64(a)-.5), math.Abs(float64(b)-.5)) })
	for _, v := range slices.Compact(values) {
		at, err := r.Mask(float64(v), false)
		if err != nil {
			return 0, err
		}
		above, err := r.Mask(float64(v), true)
		if err != nil {
			return 0, err
		}
		if !slices.Equal(at.Values, above.Values) {
			return float64(v), nil
		}
	}
	return .5, nil
}
