package eced

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// changeForegrounds is stage C on the pictures of runs together. Each result is the picture of its last forward pass. A picture that
// has stopped stays in the batch, unobserved, until all have: another size of batch would be compiled anew.
func (m *Method) changeForegrounds(ctx context.Context, runs []*run) error {
	if len(runs) == 0 {
		return nil
	}
	scene, err := sceneOf(runs)
	if err != nil {
		return err
	}
	defer nn.Free(scene.Encoded, scene.Background, scene.LatentMask)
	a, err := m.NewAdversary(scene)
	if err != nil {
		return err
	}
	defer a.Free()
	var noise ChainNoise
	defer func() { noise.free() }()
	total := m.options.Iterations
	for k := 0; slices.ContainsFunc(runs, (*run).open); k++ {
		if err := stopped(ctx, k, total); err != nil {
			return err
		}
		if k == 0 || m.options.FreshNoise {
			noise.free()
			if noise, err = m.passNoise(ctx, scene, runs, k); err != nil {
				return err
			}
		}
		if err := m.iteration(ctx, a, noise, runs, k); err != nil {
			return fmt.Errorf("iteration %d of %d (%s): %w", k+1, total, seeds(runs), err)
		}
	}
	return nil
}

// open says whether stage C goes on with the picture.
func (r *run) open() bool { return r.foreground == nil }

// iteration makes one iteration and ends the runs whose last it is. Once all have reached their target, there is nowhere to move.
func (m *Method) iteration(ctx context.Context, a *Adversary, noise ChainNoise, runs []*run, k int) error {
	it, err := a.Forward(ctx, noise)
	if err != nil {
		return err
	}
	defer it.Free()
	reached := func(i int) bool { return m.options.StopAt > 0 && it.Probabilities[i] > m.options.StopAt }
	goesOn := false
	for i, r := range runs {
		goesOn = goesOn || r.open() && !reached(i)
	}
	if goesOn || m.options.TraceFields {
		if err := a.Backward(ctx, it); err != nil {
			return err
		}
	}
	for i, r := range runs {
		if !r.open() {
			continue
		}
		last := k == m.options.Iterations-1 || reached(i)
		if err := r.recordIteration(k, i, it, last); err != nil {
			return err
		}
		if last {
			if r.foreground, err = row(a.Foreground, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// sceneOf puts what runs have come to into one scene.
func sceneOf(runs []*run) (Scene, error) {
	s := Scene{}
	for _, part := range []struct {
		into *(*tensors.Tensor)
		of   func(*run) *tensors.Tensor
	}{
		{&s.Encoded, (*run).start},
		{&s.Background, func(r *run) *tensors.Tensor { return r.background }},
		{&s.LatentMask, func(r *run) *tensors.Tensor { return r.latentMask }},
	} {
		var rows []*tensors.Tensor
		for _, r := range runs {
			rows = append(rows, part.of(r))
		}
		var err error
		if *part.into, err = stack(rows...); err != nil {
			nn.Free(s.Encoded, s.Background, s.LatentMask)
			return s, err
		}
	}
	for _, r := range runs {
		s.Decoders, s.Targets = append(s.Decoders, r.decoder), append(s.Targets, r.problem.Target)
	}
	return s, nil
}

// start is where the foreground begins: at the picture's latent, or where an earlier run came to.
func (r *run) start() *tensors.Tensor {
	if r.warm != nil {
		return r.warm.foreground
	}
	return r.encoded
}

// recordIteration appends the iteration to the trace of picture i of the batch; the last one's picture is the counterfactual.
func (r *run) recordIteration(k, i int, it *Iteration, last bool) error {
	s := counterfactual.Step{Stage: "adversarial", Index: k, Total: r.options.Iterations, Loss: it.Losses[i],
		TargetProbability: it.Probabilities[i], Pull: &counterfactual.Pull{Classifier: it.PullInside[i], Unmasked: it.PullAll[i]}}
	if last || counterfactual.IsFrame(k, r.options.Iterations, r.options.TraceFrames) {
		pictures, err := counterfactual.Unbatch(it.Image)
		if err != nil {
			return err
		}
		latents, err := counterfactual.Grids(it.Pass.Last())
		if err != nil {
			return err
		}
		s.Decoded, s.Latent = &pictures[i], &latents[i]
		if r.options.TraceFields {
			gradients, err := counterfactual.Grids(it.Pruned)
			if err != nil {
				return err
			}
			s.Gradient = &gradients[i]
		}
		if last {
			r.result.Counterfactual = pictures[i]
		}
	}
	return r.report(s)
}

// seeds names the seeds of runs, with which an error can be replayed.
func seeds(runs []*run) string {
	if len(runs) == 1 {
		return fmt.Sprintf("seed %d", runs[0].problem.Seed)
	}
	var all []uint64
	for _, r := range runs {
		all = append(all, r.problem.Seed)
	}
	return fmt.Sprintf("seeds %d", all)
}
