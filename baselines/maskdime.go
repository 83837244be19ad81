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

// MaskDiMEOptions are the settings of the MaskDiME-style method. The zero value is that of the public code's script (its main.py has
// other defaults, a different method in effect), with a filter that suits the latent's grid.
type MaskDiMEOptions struct {
	DiMEOptions
	// Scale multiplies all three gradients; 8.
	Scale *float64 `json:"scale"`
	// OuterShare of all positions may change, 0.05; InnerShare of those take the clean estimate, 0.5.
	OuterShare *float64 `json:"outer_share"`
	InnerShare *float64 `json:"inner_share"`
	// Growth is the odd size of the filter that both masks grow by, in positions of the latent; 3 (our choice: 5 of 128 pixels is
	// less than a position).
	Growth int `json:"growth"`
	// PerChannel gives each latent channel masks of its own.
	PerChannel bool `json:"per_channel"`
	// ClipSigmas, if above 0, clamps the class gradient to its mean plus or minus so many standard deviations, for each picture.
	ClipSigmas float64 `json:"clip_sigmas"`
	// Restore puts the original's latent back around the last mask in the end; the public code leaves it noised to the chain's
	// index 0.
	Restore bool `json:"restore"`
}

func (o *MaskDiMEOptions) fill() error {
	o.Scale = cmp.Or(o.Scale, new(8.0))
	o.OuterShare = cmp.Or(o.OuterShare, new(0.05))
	o.InnerShare = cmp.Or(o.InnerShare, new(0.5))
	o.Growth = cmp.Or(o.Growth, 3)
	switch {
	case o.Growth < 1 || o.Growth%2 == 0:
		return fmt.Errorf("growth is %d; it must be an odd number", o.Growth)
	case *o.OuterShare > 1 || *o.InnerShare > 1:
		return fmt.Errorf("outer_share %g and inner_share %g: legal is 0 to 1", *o.OuterShare, *o.InnerShare)
	}
	return finite(map[string]float64{"scale": *o.Scale, "outer_share": *o.OuterShare, "inner_share": *o.InnerShare, "clip_sigmas": o.ClipSigmas})
}

// MaskDiME is the MaskDiME-style method, latent: DiME at the clean estimate of the same step, confined to the positions where the
// class gradient is strongest, chosen anew in every step; without sampling noise inside. Source: Guo et al., 2026 (arXiv
// 2602.18792), public code (clguo/MaskDiME); SPEC-MASKDIME.
type MaskDiME struct {
	*dimeGuidance
	options            MaskDiMEOptions
	judge, step, paste *nn.Program
}

// NewMaskDiME prepares the method. Options that make no sense are errors; nothing is compiled before the first picture.
func NewMaskDiME(m counterfactual.Models, o MaskDiMEOptions) (*MaskDiME, error) {
	g, err := newDiMEGuidance(m, NameMaskDiME, &o)
	if err != nil {
		return nil, err
	}
	d := &MaskDiME{dimeGuidance: g, options: o, judge: newMaskDiMEJudge(m, o), step: newMaskDiMEStep(m, o), paste: newBlending(m)}
	d.try(d.search)
	d.rehearsal = func(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
		short := *d
		short.dimeGuidance = g.first(1)
		return short.search(ctx, b, o.LambdaC[0], watch)
	}
	return d, nil
}

func (d *MaskDiME) search(ctx context.Context, b *Batch, lambdaC float64, watch Watcher) (*found, error) {
	z, outer, err := d.guide(ctx, b, lambdaC, watch)
	if err != nil {
		return nil, err
	}
	f := &found{latent: z}
	for _, g := range outer {
		latent := anyChannel(g)
		f.latentMasks = append(f.latentMasks, latent)
		f.masks = append(f.masks, enlarge(latent, d.models.Diffusion.Autoencoder.Factor()))
	}
	return f, nil
}

// Guide makes all steps with one lambda_c and returns the last latent. Noise streams: start, and background/K for what lies outside
// the mask after step K.
func (d *MaskDiME) Guide(ctx context.Context, b *Batch, lambdaC float64, watch Watcher) (*tensors.Tensor, error) {
	z, _, err := d.guide(ctx, b, lambdaC, watch)
	return z, err
}

// guide is Guide with the outer masks of the last step.
func (d *MaskDiME) guide(ctx context.Context, b *Batch, lambdaC float64, watch Watcher) (*tensors.Tensor, []*counterfactual.Grid, error) {
	z, err := d.start(b)
	if err != nil {
		return nil, nil, err
	}
	latent := b.Latent.Shape().Dimensions
	masks := gradientMasks{inner: make([]*counterfactual.Grid, len(b.Targets))}
	for i := range masks.inner { // an empty mask: the first clean point is the original's latent
		masks.inner[i] = &counterfactual.Grid{Height: latent[1], Width: latent[2], Channels: 1, Values: make([]float32, latent[1]*latent[2])}
	}
	total := len(d.steps) - 1
	for k := range total {
		err := stopped(ctx, k, total)
		var next *tensors.Tensor
		if err == nil {
			next, masks, err = d.guided(b, z, masks, k, lambdaC, watch)
		}
		nn.Free(z)
		if err != nil {
			return nil, nil, err
		}
		z = next
	}
	if !d.options.Restore {
		return z, masks.outer, nil
	}
	defer nn.Free(z)
	outer := stacked(masks.outer)
	defer nn.Free(outer)
	restored, err := d.paste.Call1(nil, z, b.Latent, outer)
	return restored, masks.outer, err
}

// gradientMasks are the masks of a step, for each picture.
type gradientMasks struct{ outer, inner []*counterfactual.Grid }

// guided makes step k from latent z: the estimate is that of this step, its mask that of the step before.
func (d *MaskDiME) guided(b *Batch, z *tensors.Tensor, before gradientMasks, k int, lambdaC float64, watch Watcher) (*tensors.Tensor, gradientMasks, error) {
	var masks gradientMasks
	step := d.steps[len(d.steps)-2-k]
	inner := stacked(before.inner)
	defer nn.Free(inner)
	args := append([]any{z, inner, b.Null, b.Latent, b.Picture, b.Targets}, d.weights(lambdaC)...)
	judged, err := d.judge.Call(d.params, append(args, step.Args()...)...)
	if err != nil {
		return nil, masks, fmt.Errorf("step %d: %w", k+1, err)
	}
	defer nn.Free(judged...)
	gradients, err := counterfactual.Grids(judged[1])
	if err != nil {
		return nil, masks, err
	}
	o := d.options
	for _, g := range gradients {
		outer, inner := GradientMasks(g, *o.OuterShare, *o.InnerShare, o.Growth, o.PerChannel)
		masks.outer, masks.inner = append(masks.outer, outer), append(masks.inner, inner)
	}
	background, err := noised(d.noise, b, b.Latent, step, fmt.Sprintf("background/%d", k))
	if err != nil {
		return nil, masks, err
	}
	outer, within := stacked(masks.outer), stacked(masks.inner)
	defer nn.Free(background, outer, within)
	out, err := d.step.Call(nil, z, judged[0], judged[1], judged[2], background, outer, float32(*o.Scale), float32(step.Variance))
	if err != nil {
		return nil, masks, fmt.Errorf("step %d: %w", k+1, err)
	}
	defer nn.Free(out[1])
	s, err := d.state(k, out[0], judged[4], judged[5], judged[6], []string{"", "grad_class", "", "clean", "", "", "", "logit"}, judged)
	if err != nil {
		return nil, masks, err
	}
	s.Details["z"], s.Details["grad"], s.Details["outer"], s.Details["inner"] = out[0], out[1], outer, within
	return out[0], masks, watch.show(s)
}

// newMaskDiMEJudge is a step's mean and gradients. Results: mean, class gradient, the other gradients, clean point, its picture,
// loss, log-probability, logits. Both gradients are divided by sqrt(alphas_cumprod) already.
func newMaskDiMEJudge(m counterfactual.Models, o MaskDiMEOptions) *nn.Program {
	return nn.NewProgram(m.Backend, "maskdime gradients", func(s []nn.Scope, a []*Node) []*Node {
		z, inner, condition, original, picture, target := a[0], a[1], a[2], a[3], a[4], a[5]
		lambdaC, lambda1, lambdaP := a[6], a[7], a[8]
		step, _ := diffusion.AncestralArgs(a[9:])
		mean, x0, _ := ancestral(m, counterfactual.BindNets(s), z, condition, step)
		clean := diffusion.Blend(x0, original, inner)
		c := o.at(m, s, clean, picture, target, lambdaC, lambdaP)
		root := Sqrt(step.Alpha)
		distances := Add(Mul(lambda1, Sign(Sub(z, original))), Div(c.perceptual, root))
		return []*Node{mean, Div(c.class, root), distances, clean, c.image, c.loss, c.logProb, c.logits}
	})
}

// newMaskDiMEStep moves the mean inside the mask, and takes the background outside. A picture whose gradient is zero everywhere skips
// the step (public code: the whole batch). Results: next latent, gradient.
func newMaskDiMEStep(m counterfactual.Models, o MaskDiMEOptions) *nn.Program {
	return nn.NewProgram(m.Backend, "maskdime step", func(_ []nn.Scope, a []*Node) []*Node {
		z, mean, class, distances, background, outer, scale, variance := a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
		if o.ClipSigmas > 0 {
			class = ClampToSigmas(class, o.ClipSigmas)
		}
		gradient := Mul(scale, Add(class, distances))
		next := diffusion.Blend(Sub(mean, Mul(variance, gradient)), background, outer)
		strength := ReduceAndKeep(Abs(gradient), ReduceSum, 1, 2, 3)
		live := BroadcastToDims(GreaterThan(strength, ZerosLike(strength)), z.Shape().Dimensions...)
		return []*Node{Where(live, next, z), gradient}
	})
}

// ClampToSigmas clamps each sample of g [batch, height, width, channels] to its mean plus or minus so many standard deviations (n-1).
func ClampToSigmas(g *Node, sigmas float64) *Node {
	n := float64(g.Shape().Size() / g.Shape().Dimensions[0])
	mean := ReduceAndKeep(g, ReduceMean, 1, 2, 3)
	squares := ReduceAndKeep(Square(Sub(g, mean)), ReduceSum, 1, 2, 3)
	reach := MulScalar(Sqrt(DivScalar(squares, n-1)), sigmas)
	return Max(Min(g, Add(mean, reach)), Sub(mean, reach))
}
