package ldce

import (
	"context"
	"fmt"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// What [Options.Abduction] may be.
const (
	AbductionNoise     = "noise"
	AbductionInversion = "inversion"
)

// abduct encodes the pictures and takes their latents to the noise level that denoising starts from.
func (r *run) abduct(ctx context.Context) error {
	alpha := float32(1)
	if r.options.Abduction == AbductionNoise {
		// the level of index `start`, one respaced step further than the first denoising step assumes, as the public code has
		// it. Source: SPEC-LDCE section 2.
		alpha = float32(r.steps[r.options.start()].Alpha)
	}
	posterior, noise := r.noise("posterior"), r.noise("abduction")
	defer nn.Free(posterior, noise)
	out, err := r.programs.encode.Call(r.models.Params(), r.picture, posterior, noise, alpha)
	if err != nil {
		return err
	}
	defer nn.Free(out[1])
	r.z = out[0]
	reconstructions, err := counterfactual.Unbatch(out[1])
	if err != nil {
		return fmt.Errorf("reconstruction: %w", err)
	}
	for i, result := range r.results {
		result.Reconstruction = reconstructions[i]
	}
	r.mark("encode")
	if r.options.Abduction == AbductionInversion {
		if err := r.invert(ctx); err != nil {
			return err
		}
		r.mark("inversion")
	}
	return nil
}

// inversionPasses is how often the noise of a step backwards is estimated. A step's noise should be that of the latent it leads
// to, which isn't known yet: the first estimate is that of the latent it comes from, the next that of where the first leads.
const inversionPasses = 2

// invert makes the steps of denoising backwards, without class or guidance.
func (r *run) invert(ctx context.Context) error {
	total := r.options.start()
	for k, step := range r.steps[:total] {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ldce stopped after %d of %d steps of inversion: %w", k, total, err)
		}
		at := r.z
		for range inversionPasses {
			next, err := r.programs.invert.Call1(r.models.Params(), r.z, at, float32(step.AlphaPrev), float32(step.Alpha), int32(step.T), r.unconditional)
			if at != r.z {
				nn.Free(at)
			}
			if err != nil {
				return fmt.Errorf("ldce, step %d of %d of inversion: %w", k+1, total, err)
			}
			at = next
		}
		r.moveTo(at)
	}
	return nil
}
