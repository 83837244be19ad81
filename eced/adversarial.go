package eced

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
)

// changeForeground is stage C on one picture. The result is the picture of the last forward pass.
func (r *run) changeForeground(ctx context.Context) error {
	a, err := r.NewAdversary(r.scene())
	if err != nil {
		return err
	}
	if r.warm != nil {
		a.Foreground = r.warm.foreground
	}
	total := r.options.Iterations
	var noise ChainNoise
	for k := range total {
		if err := stopped(ctx, k, total); err != nil {
			return err
		}
		if k == 0 || r.options.FreshNoise {
			noise = r.chainNoise(k)
		}
		it, err := a.Step(ctx, noise)
		if err != nil {
			return fmt.Errorf("iteration %d of %d (seed %d): %w", k+1, total, r.problem.Seed, err)
		}
		last := k == total-1 || r.options.StopAt > 0 && it.Probabilities[0] > r.options.StopAt
		err = r.recordIteration(k, it, last)
		it.Pass.Free()
		r.foreground = a.Foreground
		if err != nil || last {
			return err
		}
	}
	return nil
}

// scene is what stage C works on.
func (r *run) scene() Scene {
	return Scene{Encoded: r.encoded, Background: r.background, LatentMask: r.latentMask, Decoder: r.decoder, Targets: []int{r.problem.Target}}
}

// chainNoise draws the noise of iteration k.
func (r *run) chainNoise(k int) ChainNoise {
	noise := ChainNoise{Start: r.noise(fmt.Sprintf("start/%d", k))}
	for i, s := range r.Steps() {
		noise.Background = append(noise.Background, r.noise(fmt.Sprintf("blend/%d/%d", k, i)))
		step := diffusion.NoNoise()
		switch last := i == len(r.steps)-1; {
		case last && r.options.Sampler == samplerDDPM:
			step = tensors.FromShape(noise.Start.Shape())
		case s.Sigma > 0:
			step = r.noise(fmt.Sprintf("step/%d/%d", k, i))
		}
		noise.Step = append(noise.Step, step)
	}
	return noise
}

// recordIteration appends the iteration to the trace; the last one's picture is the counterfactual.
func (r *run) recordIteration(k int, it *Iteration, last bool) error {
	s := counterfactual.Step{Stage: "adversarial", Index: k, Total: r.options.Iterations, Loss: it.Loss,
		TargetProbability: it.Probabilities[0]}
	if last || counterfactual.IsFrame(k, r.options.Iterations, r.options.TraceFrames) {
		pictures, err := counterfactual.Unbatch(it.Image)
		if err != nil {
			return err
		}
		latents, err := counterfactual.Grids(it.Pass.Last())
		if err != nil {
			return err
		}
		s.Decoded, s.Latent = &pictures[0], &latents[0]
		if r.options.TraceFields {
			gradients, err := counterfactual.Grids(it.Pruned)
			if err != nil {
				return err
			}
			s.Gradient = &gradients[0]
		}
		if last {
			r.result.Counterfactual = pictures[0]
		}
	}
	return r.report(s)
}
