package eced

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// changeForeground is stage C: Adam on the foreground's latent, along the classifier's gradient through decoder and
// all denoising steps, pruned to the mask. The result is the picture of the last forward pass. Source: the paper's
// Eq. 6 to 10 and Proposition 1; SPEC-ECED section 4.
func (r *run) changeForeground(ctx context.Context) error {
	a, err := r.newAdversary()
	if err != nil {
		return err
	}
	total := r.options.Iterations
	for k := range total {
		if err := stopped(ctx, k, total); err != nil {
			return err
		}
		it, err := a.iterate(ctx, k)
		if err != nil {
			return fmt.Errorf("iteration %d of %d: %w", k+1, total, err)
		}
		last := k == total-1 || r.options.StopAt > 0 && it.probability > r.options.StopAt
		err = a.record(k, it, last)
		it.pass.Free()
		if err != nil {
			return err
		}
		if last {
			break
		}
	}
	return nil
}

// adversary is the state of stage C.
type adversary struct {
	*run
	foreground, m, v *tensors.Tensor
	conditional      *tensors.Tensor
	unconditional    *tensors.Tensor
	chain            *chain // noise of the current iteration
}

// chain is the noise of one pass through the denoising steps, in the order in which they are made.
type chain struct {
	start            *tensors.Tensor
	background, step []*tensors.Tensor
}

// iteration is what one forward and backward pass found.
type iteration struct {
	image             *tensors.Tensor
	pass              *nn.Pass // the latents before and after each denoising step
	loss, probability float64
	pruned            *tensors.Tensor
}

func (r *run) newAdversary() (*adversary, error) {
	a := &adversary{run: r, foreground: r.encoded, m: tensors.FromShape(r.encoded.Shape()), v: tensors.FromShape(r.encoded.Shape())}
	var err error
	if a.conditional, err = r.models.Diffusion.Conditioner.Tokens([]int{r.problem.Target}); err != nil {
		return nil, err
	}
	a.unconditional, err = r.models.Diffusion.Conditioner.Tokens([]int{diffusion.Unconditional})
	return a, err
}

// drawChain draws the noise of iteration k: once for all iterations unless fresh noise is asked for.
func (a *adversary) drawChain(k int) {
	if a.chain != nil && !a.options.FreshNoise {
		return
	}
	c := &chain{start: a.noise(fmt.Sprintf("start/%d", k))}
	for i := range a.steps {
		c.background = append(c.background, a.noise(fmt.Sprintf("blend/%d/%d", k, i)))
		step := diffusion.NoNoise()
		if a.step(i).Sigma > 0 {
			step = a.noise(fmt.Sprintf("step/%d/%d", k, i))
		}
		c.step = append(c.step, step)
	}
	a.chain = c
}

func (a *adversary) iterate(ctx context.Context, k int) (*iteration, error) {
	a.drawChain(k)
	alpha := float32(a.step(0).Alpha)
	z, err := a.programs.start.Call1(nil, a.foreground, a.background, a.latentMask, a.chain.start, alpha)
	if err != nil {
		return nil, err
	}
	it := &iteration{}
	if it.pass, err = a.programs.steps.Run(ctx, a.denoiser(), z, len(a.steps), a.stepArgs); err != nil {
		return nil, err
	}
	head, err := a.programs.head.Call(a.headNets(), it.pass.Last(), a.targets)
	if err != nil {
		return nil, err
	}
	it.image, it.loss = head[0], float64(tensors.ToScalar[float32](head[1]))
	probabilities, err := tensors.CopyFlatData[float32](head[2])
	if err != nil {
		return nil, err
	}
	it.probability = float64(probabilities[0])
	if math.IsNaN(it.loss) {
		return nil, fmt.Errorf("the loss is NaN (seed %d): the latent diverged; lower rate or guidance_scale", a.problem.Seed)
	}
	gradient, err := it.pass.Gradient(ctx, head[3])
	if err != nil {
		return nil, err
	}
	out, err := a.programs.update.Call(nil, a.foreground, gradient, a.latentMask, alpha, a.m, a.v,
		float32(*a.options.Rate), float32(k+1))
	if err != nil {
		return nil, err
	}
	a.foreground, a.m, a.v, it.pruned = out[0], out[1], out[2], out[3]
	return it, nil
}

// step is the i-th denoising step that is made.
func (a *adversary) step(i int) diffusion.Step { return a.steps[len(a.steps)-1-i] }

// stepArgs are its arguments beside the latent.
func (a *adversary) stepArgs(i int) []any {
	s := a.step(i)
	return []any{a.background, a.latentMask, a.chain.background[i], a.chain.step[i], int32(s.T), float32(s.Alpha),
		float32(s.AlphaPrev), float32(s.Sigma), a.conditional, a.unconditional, float32(*a.options.GuidanceScale)}
}

func (r *run) denoiser() []*nn.Params { return []*nn.Params{r.models.Diffusion.DenoiserParams} }

func (r *run) headNets() []*nn.Params { return []*nn.Params{r.decoder, r.models.Classifier.Params} }

// record appends the iteration to the trace; the last one's picture is the counterfactual.
func (a *adversary) record(k int, it *iteration, last bool) error {
	s := counterfactual.Step{Stage: "adversarial", Index: k, Total: a.options.Iterations, Loss: it.loss,
		TargetProbability: it.probability}
	if last || counterfactual.IsFrame(k, a.options.Iterations, a.options.TraceFrames) {
		pictures, err := counterfactual.Unbatch(it.image)
		if err != nil {
			return err
		}
		latents, err := counterfactual.Grids(it.pass.Last())
		if err != nil {
			return err
		}
		s.Decoded, s.Latent = &pictures[0], &latents[0]
		if last {
			a.result.Counterfactual = pictures[0]
		}
	}
	return a.report(s)
}
