package baselines

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// Refine is ACE's second half: the attacked latent, noised, is denoised once more, with the original's latent put back at every step
// where keep [batch, latent height, latent width, 1] is 1 (inpainting as RePaint's, one pass). Kept positions of the result are
// the original's exactly. Noise streams: refine/start, refine/keep/K and refine/step/K.
func (a *ACE) Refine(ctx context.Context, b *Batch, attacked, keep *tensors.Tensor, watch Watcher) (*tensors.Tensor, error) {
	total := len(a.steps)
	z, err := noised(a.programs.noise, b, attacked, a.steps[total-1], "refine/start")
	if err != nil {
		return nil, err
	}
	for k := range total {
		if err := stopped(ctx, k, total); err != nil {
			nn.Free(z)
			return nil, fmt.Errorf("refinement %w", err)
		}
		next, err := a.refineStep(b, z, keep, k, watch)
		nn.Free(z)
		if err != nil {
			return nil, fmt.Errorf("refinement, step %d of %d: %w", k+1, total, err)
		}
		z = next
	}
	defer nn.Free(z)
	return a.programs.blend.Call1(nil, b.Latent, z, keep)
}

func (a *ACE) refineStep(b *Batch, z, keep *tensors.Tensor, k int, watch Watcher) (*tensors.Tensor, error) {
	step := a.steps[len(a.steps)-1-k]
	if *a.options.Threshold > 0 {
		original, err := noised(a.programs.noise, b, b.Latent, step, fmt.Sprintf("refine/keep/%d", k))
		if err != nil {
			return nil, err
		}
		defer nn.Free(original)
		if z, err = a.programs.blend.Call1(nil, original, z, keep); err != nil {
			return nil, err
		}
		defer nn.Free(z)
	}
	d := &draws{batch: b}
	defer d.free()
	noise := d.draw(step.Index, "refine/step/%d", k)
	if d.err != nil {
		return nil, d.err
	}
	next, err := a.filter.Step(a.models.Params(), z, append([]any{noise, b.Null}, step.Args()...)...)
	if err != nil {
		return nil, err
	}
	s := State{Stage: "refine", Index: k, Total: len(a.steps), Latent: next, Details: map[string]*tensors.Tensor{"inter": z}}
	return next, watch.show(s)
}
