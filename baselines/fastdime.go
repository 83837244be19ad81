package baselines

import (
	"cmp"
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// FastDiMEOptions are the settings of the FastDiME-style method. The zero value is the public code's.
type FastDiMEOptions struct {
	DiMEOptions
	// NoMasks changes the whole picture. Else a mask is made from step Warmup on, 30, anew in each step.
	NoMasks bool `json:"no_masks"`
	Warmup  *int `json:"warmup"`
	// Threshold is the change, relative to the largest, below which a pixel stays as it was; 0.15.
	Threshold *float64 `json:"threshold"`
	// Dilation is the odd size of the mask's maximum filter in pixels; 5 at a height of 128, scaled to the picture's (our choice).
	Dilation int `json:"dilation"`
	// ScaleGradients divides the clean point's gradients by sqrt(alphas_cumprod), as DiME does.
	ScaleGradients bool `json:"scale_gradients"`
	// TwoRuns searches twice: the second time with one mask, in every step, made of the first result. With NoMasks that is the
	// paper's FastDiME-2, without its FastDiME-2+.
	TwoRuns bool `json:"two_runs"`
}

func (o *FastDiMEOptions) fill() error {
	o.Warmup = cmp.Or(o.Warmup, new(30))
	o.Threshold = cmp.Or(o.Threshold, new(0.15))
	if o.Dilation < 0 || o.Dilation > 0 && o.Dilation%2 == 0 {
		return fmt.Errorf("dilation is %d; it must be an odd number", o.Dilation)
	}
	return finite(map[string]float64{"threshold": *o.Threshold, "warmup": float64(*o.Warmup)})
}

// FastDiME is the FastDiME-style method, latent: DiME with the unrolled chain replaced by the clean estimate of the step before, and
// a mask, made of what has changed so far, outside which the original is put back. Source: Weng, Pegios, Petersen, Feragen and
// Bigdeli, 2024 (arXiv 2312.14223), and public code; SPEC-BASELINES section 5.
type FastDiME struct {
	*dimeGuidance
	options            FastDiMEOptions
	step, image, blend *nn.Program
}

// NewFastDiME prepares the method. Options that make no sense are errors; nothing is compiled before the first picture.
func NewFastDiME(m counterfactual.Models, o FastDiMEOptions) (*FastDiME, error) {
	g, err := newDiMEGuidance(m, NameFastDiME, &o)
	if err != nil {
		return nil, err
	}
	f := &FastDiME{dimeGuidance: g, options: o, step: newFastDiMEStep(m, o), image: newImaging(m), blend: newBlending(m)}
	f.try(f.search)
	f.rehearsal = func(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
		short := *f
		short.dimeGuidance, short.options.Warmup = g.first(1), new(0)
		return short.search(ctx, b, o.LambdaC[0], watch)
	}
	return f, nil
}

func (f *FastDiME) search(ctx context.Context, b *Batch, lambdaC float64, watch Watcher) (*found, error) {
	r := &fastRun{FastDiME: f, batch: b, lambdaC: lambdaC, watch: watch}
	z, err := r.guide(ctx)
	if err != nil || !f.options.TwoRuns {
		return r.region.found(z), err
	}
	changed, err := f.image.Call1(f.params, z)
	nn.Free(z)
	if err != nil {
		return nil, err
	}
	defer nn.Free(changed)
	if r.region, err = r.regionOf(changed); err != nil {
		return nil, err
	}
	r.fixed = true
	z, err = r.guide(ctx)
	return r.region.found(z), err
}

// Guide makes all steps with one lambda_c and returns the last latent. Noise streams: start, step/K, and keep/K for the restored
// part after step K.
func (f *FastDiME) Guide(ctx context.Context, b *Batch, lambdaC float64, watch Watcher) (*tensors.Tensor, error) {
	return (&fastRun{FastDiME: f, batch: b, lambdaC: lambdaC, watch: watch}).guide(ctx)
}

// fastRun is one search for a batch.
type fastRun struct {
	*FastDiME
	batch     *Batch
	lambdaC   float64
	watch     Watcher
	reference []counterfactual.Grid // the decoded latents of the originals
	region    *region               // where pictures may change; nil while there is no mask
	fixed     bool                  // the region stays as it is
}

// guide makes all steps. After each the original is put back where the region keeps it, and after the last once more, without noise.
func (r *fastRun) guide(ctx context.Context) (*tensors.Tensor, error) {
	z, err := r.start(r.batch)
	if err != nil {
		return nil, err
	}
	clean := r.batch.Latent
	total := len(r.steps) - 1
	for k := range total {
		if err := stopped(ctx, k, total); err != nil {
			nn.Free(z)
			return nil, err
		}
		next, estimate, err := r.guided(z, clean, k)
		nn.Free(z)
		if clean != r.batch.Latent {
			nn.Free(clean)
		}
		if err != nil {
			return nil, fmt.Errorf("step %d of %d: %w", k+1, total, err)
		}
		z, clean = next, estimate
	}
	nn.Free(clean)
	if r.region == nil {
		return z, nil
	}
	defer nn.Free(z)
	return r.blended(r.batch.Latent, z)
}

// guided makes step k from latent z, with gradients at the clean latent. It returns the next latent and the clean estimate.
func (r *fastRun) guided(z, clean *tensors.Tensor, k int) (next, estimate *tensors.Tensor, err error) {
	b, step := r.batch, r.steps[len(r.steps)-2-k]
	noises := &draws{batch: b}
	defer noises.free()
	noise := noises.draw(step.Index, "step/%d", k)
	if noises.err != nil {
		return nil, nil, noises.err
	}
	args := append([]any{z, clean, noise, b.Null, b.Latent, b.Picture, b.Targets}, r.weights(r.lambdaC)...)
	out, err := r.step.Call(r.params, append(args, step.Args()...)...)
	if err != nil {
		return nil, nil, err
	}
	defer nn.Free(out[2:]...)
	next, estimate = out[0], out[1]
	if !r.fixed && !r.options.NoMasks && k >= *r.options.Warmup {
		if r.region, err = r.regionOf(out[7]); err != nil {
			return nil, nil, err
		}
	}
	if r.region != nil {
		if next, estimate, err = r.restore(step, next, estimate, k); err != nil {
			return nil, nil, err
		}
	}
	s, err := r.state(k, next, out[2], out[3], out[4], []string{"", "", "", "", "", "logit", "grad"}, out)
	if err != nil {
		return nil, nil, err
	}
	s.Details["z"], s.Details["clean"] = next, estimate
	if r.region != nil {
		s.Details["mask"], s.Details["keep"] = stacked(r.region.changes), stacked(r.region.latent)
	}
	return next, estimate, r.watch.show(s)
}

// restore puts the original back where the region keeps it: in the clean estimate as it is, in the latent noised to the index of the
// step just done, one level above the latent's own (public code).
func (r *fastRun) restore(step diffusion.AncestralStep, z, estimate *tensors.Tensor, k int) (next, clean *tensors.Tensor, err error) {
	defer nn.Free(z, estimate)
	if clean, err = r.blended(r.batch.Latent, estimate); err != nil {
		return nil, nil, err
	}
	original, err := noised(r.noise, r.batch, r.batch.Latent, step, fmt.Sprintf("keep/%d", k))
	if err != nil {
		return nil, nil, err
	}
	defer nn.Free(original)
	next, err = r.blended(original, z)
	return next, clean, err
}

// blended keeps one latent where the region says so, and the other elsewhere.
func (r *fastRun) blended(kept, other *tensors.Tensor) (*tensors.Tensor, error) {
	keep := stacked(r.region.latent)
	defer nn.Free(keep)
	return r.blend.Call1(nil, kept, other, keep)
}

// newFastDiMEStep is one guided step before anything is restored. The last result is the clean estimate's picture, where masks are made.
func newFastDiMEStep(m counterfactual.Models, o FastDiMEOptions) *nn.Program {
	return nn.NewProgram(m.Backend, "fastdime step", func(s []nn.Scope, a []*Node) []*Node {
		z, clean, noise, condition, original, picture, target := a[0], a[1], a[2], a[3], a[4], a[5], a[6]
		lambdaC, lambda1, lambdaP := a[7], a[8], a[9]
		step, _ := diffusion.AncestralArgs(a[10:])
		n := counterfactual.BindNets(s)
		mean, x0, _ := ancestral(m, n, z, condition, step)
		c := o.at(m, s, clean, picture, target, lambdaC, lambdaP)
		gradient := Add(c.class, c.perceptual)
		if o.ScaleGradients {
			gradient = Div(gradient, Sqrt(step.Alpha))
		}
		gradient = Add(gradient, Mul(lambda1, Sign(Sub(z, original))))
		next := step.AddStepNoise(Sub(mean, Mul(step.Variance, gradient)), noise)
		out := []*Node{next, x0, c.image, c.loss, c.logProb, c.logits, gradient}
		if !o.NoMasks {
			out = append(out, m.DecodeUnit(n, x0))
		}
		return out
	})
}
