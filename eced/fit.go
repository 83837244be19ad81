package eced

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// fitBackground is stage B on one picture.
func (r *run) fitBackground(ctx context.Context) error {
	f, err := r.newFitting()
	if err != nil {
		return err
	}
	reference := toSigned(r.problem.Picture)
	defer func() {
		r.background, r.decoder = f.Latent, f.Decoder
		f.Free()
		nn.Free(reference)
	}()
	var losses []float64
	total := max(0, r.options.BackgroundSteps)
	for k := range total {
		if err := stopped(ctx, k, total); err != nil {
			return err
		}
		noise := r.noise(fmt.Sprintf("background/%d", k))
		loss, err := f.Step(reference, r.mask, noise)
		nn.Free(noise)
		if err != nil {
			return fmt.Errorf("step %d of %d (seed %d): %w", k+1, total, r.problem.Seed, err)
		}
		losses = append(losses, loss)
		if err := r.report(counterfactual.Step{Stage: "background", Index: k, Total: total, Loss: loss,
			TargetProbability: r.result.Before[r.problem.Target]}); err != nil {
			return err
		}
		if converged(losses, r.options.BackgroundTolerance) {
			break
		}
	}
	return r.reconstruct(f)
}

// newFitting begins at the picture's latent and the published decoder, or where an earlier run came to.
func (r *run) newFitting() (*Fitting, error) {
	if r.warm == nil {
		return r.NewFitting(r.encoded)
	}
	latent, err := r.warm.background.LocalClone()
	if err != nil {
		return nil, err
	}
	decoder, err := r.warm.decoder.Copy()
	if err != nil {
		return nil, err
	}
	return r.fittingFrom(latent, decoder), nil
}

// window is how many steps' losses are averaged to see whether stage B still gains: single ones go up and down with their noise.
const window = 20

// converged reports whether the last window of losses is lower than the one before by less than the given share of it.
func converged(losses []float64, tolerance float64) bool {
	n := len(losses)
	if tolerance == 0 || n < 2*window || n%window != 0 {
		return false
	}
	before, last := 0.0, 0.0
	for i := range window {
		before, last = before+losses[n-2*window+i], last+losses[n-window+i]
	}
	return before-last < tolerance*before
}

// reconstruct shows what stage B has reached: the fitted latent, noised as stage C leaves it, through the fitted decoder.
func (r *run) reconstruct(f *Fitting) error {
	alpha := r.lastLevel()
	noise := r.noise("reconstruction")
	defer nn.Free(noise)
	z, err := r.programs.start.Call1(nil, f.Latent, f.Latent, r.latentMask, noise, alpha)
	if err != nil {
		return err
	}
	defer nn.Free(z)
	out, err := r.programs.head.Call(r.headNets(f.Decoder), z, r.targets)
	if err != nil {
		return err
	}
	defer nn.Free(out...)
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
