package eced

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
)

// fitBackground is stage B on one picture.
func (r *run) fitBackground(ctx context.Context) error {
	f, err := r.NewFitting(r.encoded)
	if err != nil {
		return err
	}
	reference := toSigned(r.problem.Picture)
	total := max(0, r.options.BackgroundSteps)
	for k := range total {
		if err := stopped(ctx, k, total); err != nil {
			return err
		}
		loss, err := f.Step(reference, r.mask, r.noise(fmt.Sprintf("background/%d", k)))
		if err != nil {
			return fmt.Errorf("step %d of %d (seed %d): %w", k+1, total, r.problem.Seed, err)
		}
		if err := r.report(counterfactual.Step{Stage: "background", Index: k, Total: total, Loss: loss,
			TargetProbability: r.result.Before[r.problem.Target]}); err != nil {
			return err
		}
	}
	r.background, r.decoder = f.Latent, f.Decoder
	return r.reconstruct()
}

// reconstruct shows what stage B has reached: the fitted latent, noised as stage C leaves it, through the fitted decoder.
func (r *run) reconstruct() error {
	alpha := float32(r.steps[0].AlphaPrev)
	z, err := r.programs.start.Call1(nil, r.background, r.background, r.latentMask, r.noise("reconstruction"), alpha)
	if err != nil {
		return err
	}
	out, err := r.programs.head.Call(r.headNets(r.decoder), z, r.targets)
	if err != nil {
		return err
	}
	pictures, err := counterfactual.Unbatch(out[0])
	if err != nil {
		return err
	}
	r.result.Reconstruction = pictures[0]
	return nil
}

// toSigned takes a picture from [0, 1] to [-1, 1], as decoders give it.
func toSigned(p counterfactual.Picture) *tensors.Tensor {
	values := make([]float32, len(p.Values))
	for i, v := range p.Values {
		values[i] = 2*v - 1
	}
	return tensors.FromFlatDataAndDimensions(values, 1, p.Height, p.Width, p.Channels)
}
