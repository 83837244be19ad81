package baselines

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// DiME is the DiME-style method, latent: an ancestral chain whose mean is moved by gradients taken at a clean latent, which an
// unguided chain from the current latent leads to. That chain is not differentiated: the gradient at its end divided by
// sqrt(alphas_cumprod) stands for it. Source: Jeanneret, Simon and Jurie, 2022 (arXiv 2203.15636), and public code; SPEC-BASELINES
// section 3.
type DiME struct {
	*dimeGuidance
	unguided *nn.Chain
	step     *nn.Program
}

// NewDiME prepares the method. Options that make no sense are errors; nothing is compiled before the first picture.
func NewDiME(m counterfactual.Models, o DiMEOptions) (*DiME, error) {
	g, err := newDiMEGuidance(m, NameDiME, &o)
	if err != nil {
		return nil, err
	}
	d := &DiME{dimeGuidance: g, unguided: newAncestralChain(m), step: newDiMEStep(m, o)}
	d.try(d.search)
	d.rehearsal = func(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
		short := *d
		short.dimeGuidance = g.first(2) // the first of two unrolls a chain
		return short.search(ctx, b, o.LambdaC[0], watch)
	}
	return d, nil
}

func (d *DiME) search(ctx context.Context, b *Batch, lambdaC float64, watch Watcher) (*found, error) {
	z, err := d.Guide(ctx, b, lambdaC, watch)
	return &found{latent: z}, err
}

// Guide makes all steps with one lambda_c and returns the last latent. Noise streams: start, step/K, and chain/K/I after step I of
// the unguided chain that follows guided step K.
func (d *DiME) Guide(ctx context.Context, b *Batch, lambdaC float64, watch Watcher) (*tensors.Tensor, error) {
	z, err := d.start(b)
	if err != nil {
		return nil, err
	}
	clean, release := b.Latent, func() {}
	total := len(d.steps) - 1
	for k := range total {
		err := stopped(ctx, k, total)
		var next *tensors.Tensor
		if err == nil {
			next, err = d.guided(b, z, clean, k, lambdaC, watch)
		}
		nn.Free(z)
		release()
		if err != nil {
			return nil, err
		}
		z = next
		if left := total - 1 - k; left > 0 {
			pass, free, err := descend(ctx, d.unguided, d.params, b, d.steps[:left], z, fmt.Sprintf("chain/%d", k), 0)
			if err != nil {
				nn.Free(z)
				return nil, fmt.Errorf("unrolling after step %d of %d: %w", k+1, total, err)
			}
			clean, release = pass.Last(), free
		}
	}
	return z, nil
}

// guided makes step k from latent z, with gradients at the clean latent.
func (d *DiME) guided(b *Batch, z, clean *tensors.Tensor, k int, lambdaC float64, watch Watcher) (*tensors.Tensor, error) {
	step := d.steps[len(d.steps)-2-k]
	noises := &draws{batch: b}
	defer noises.free()
	noise := noises.draw(step.Index, "step/%d", k)
	if noises.err != nil {
		return nil, noises.err
	}
	args := append([]any{z, clean, noise, b.Null, b.Latent, b.Picture, b.Targets}, d.weights(lambdaC)...)
	out, err := d.step.Call(d.params, append(args, step.Args()...)...)
	if err != nil {
		return nil, fmt.Errorf("step %d: %w", k+1, err)
	}
	defer nn.Free(out[1:]...)
	s, err := d.state(k, out[0], out[1], out[2], out[3], []string{"z", "", "", "", "logit", "mean", "grad_class", "grad_perc", "grad_l1"}, out)
	if err != nil {
		return nil, err
	}
	s.Details["clean"] = clean
	return out[0], watch.show(s)
}

// newDiMEStep is one guided step.
func newDiMEStep(m counterfactual.Models, o DiMEOptions) *nn.Program {
	return nn.NewProgram(m.Backend, "dime step", func(s []nn.Scope, a []*Node) []*Node {
		z, clean, noise, condition, original, picture, target := a[0], a[1], a[2], a[3], a[4], a[5], a[6]
		lambdaC, lambda1, lambdaP := a[7], a[8], a[9]
		step, _ := diffusion.AncestralArgs(a[10:])
		mean, _, _ := ancestral(m, counterfactual.BindNets(s), z, condition, step)
		c := o.at(m, s, clean, picture, target, lambdaC, lambdaP)
		distance := Mul(lambda1, Sign(Sub(z, original)))
		gradient := Add(Div(Add(c.class, c.perceptual), Sqrt(step.Alpha)), distance)
		next := step.AddStepNoise(Sub(mean, Mul(step.Variance, gradient)), noise)
		return []*Node{next, c.image, c.loss, c.logProb, c.logits, mean, c.class, c.perceptual, distance}
	})
}
