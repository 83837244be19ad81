package baselines

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// ACE is the ACE-style method, latent: an adversarial attack seen through a diffusion model that filters out what is not
// picture-like, then the regions that changed little put back by inpainting. Source: Jeanneret, Simon and Jurie, 2023
// (arXiv 2303.09962), and its public code; SPEC-BASELINES section 4.
//
// In the original the filter also clips its clean estimates to [-1, 1]; latents have no such bounds, so it filters less here.
type ACE struct {
	*explainer
	options  ACEOptions
	steps    []diffusion.AncestralStep // the last Tau of the chain, ascending
	filter   *nn.Chain
	programs acePrograms
}

// NewACE prepares the method; with Tau 0 it is latent PGD. Options that make no sense are errors; nothing is compiled before the
// first picture.
func NewACE(m counterfactual.Models, o ACEOptions) (*ACE, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", NameACE, err)
	}
	name := NameACE
	if *o.Tau == 0 {
		name = NameLatentPGD
	}
	steps, err := m.Diffusion.Schedule.AncestralSteps(o.Steps)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	a := &ACE{options: o, steps: steps[:*o.Tau], filter: newAncestralChain(m), programs: newACEPrograms(m, o)}
	if a.explainer, err = newExplainer(m, name, o, o.TraceFrames); err != nil {
		return nil, err
	}
	a.attempts = []attempt{a.search}
	a.rehearsal = func(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
		short := *a
		short.options.Iterations, short.steps = 1, a.steps[:min(1, len(a.steps))]
		return short.search(ctx, b, watch)
	}
	return a, nil
}

// search is the whole method: attack, mask, refinement.
func (a *ACE) search(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
	attacked, err := a.Attack(ctx, b, watch)
	if err != nil {
		return nil, err
	}
	z := attacked
	if a.options.Variable == variablePicture {
		defer nn.Free(attacked)
		if z, err = a.programs.encode.Call1(a.models.Params(), attacked); err != nil {
			return nil, err
		}
	}
	if len(a.steps) == 0 {
		return &found{latent: z}, nil
	}
	defer nn.Free(z)
	f, keep, err := a.masks(b, z)
	if err != nil {
		return nil, err
	}
	defer nn.Free(keep)
	f.latent, err = a.Refine(ctx, b, z, keep, watch)
	return f, err
}

// masks finds what changed between the decoded pictures of the original's latent and of the attacked one: not the original itself,
// or the autoencoder's error would enter the mask. keep is 1 where the latent stays.
func (a *ACE) masks(b *Batch, attacked *tensors.Tensor) (f *found, keep *tensors.Tensor, err error) {
	var pictures [2][]counterfactual.Grid
	for i, z := range []*tensors.Tensor{b.Latent, attacked} {
		out, err := a.decode.Call1(a.models.Params(), z)
		if err != nil {
			return nil, nil, err
		}
		pictures[i], err = counterfactual.Grids(out)
		nn.Free(out)
		if err != nil {
			return nil, nil, err
		}
	}
	f = &found{}
	var keeps []*counterfactual.Grid
	for i := range pictures[0] {
		dilation := a.options.Dilation
		if dilation == 0 {
			dilation = scaled(15, 256, pictures[0][i].Height)
		}
		_, changed := ChangeMask(pictures[0][i], pictures[1][i], dilation)
		stays := Keep(changed, *a.options.Threshold)
		latentStays, err := KeepLatent(stays, a.models.Diffusion.Autoencoder.Factor())
		if err != nil {
			return nil, nil, err
		}
		keeps = append(keeps, latentStays)
		f.masks, f.latentMasks = append(f.masks, opposite(stays)), append(f.latentMasks, opposite(latentStays))
	}
	return f, stacked(keeps), nil
}
