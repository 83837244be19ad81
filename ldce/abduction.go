package ldce

import (
	"context"
	"fmt"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// abduct encodes the pictures and takes their latents to the noise level that denoising starts from.
func (r *run) abduct(ctx context.Context) error {
	alpha := float32(1)
	if r.options.Abduction == counterfactual.AbductionNoise {
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
	if r.options.Abduction == counterfactual.AbductionInversion {
		if err := r.invert(ctx); err != nil {
			return err
		}
		r.mark("inversion")
	}
	return nil
}

// invert makes the steps of denoising backwards, without class or guidance.
func (r *run) invert(ctx context.Context) error {
	latents, err := r.inverter.Invert(ctx, r.z, r.unconditional, r.steps[:r.options.start()])
	if err != nil {
		return fmt.Errorf("ldce: %w", err)
	}
	last := len(latents) - 1
	nn.Free(latents[:last]...)
	r.moveTo(latents[last])
	return nil
}
