package baselines

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// BLD is blended latent diffusion editing: the model generates the target class inside a mask, and the noised source is put back
// outside after every step. It is an editor: no classifier guides it and nothing keeps it close, so what it reaches is what the
// generator reaches alone. Source: Avrahami, Fried and Lischinski, 2023 (arXiv 2206.02779), and public code; SPEC-BASELINES section 6.
type BLD struct {
	*explainer
	options BLDOptions
	steps   []diffusion.Step // those that are made, ascending
	mapper  *cam.Mapper
	noise   *nn.Program
	step    *nn.Program
	blend   *nn.Program
	fits    *bldFits
}

// NewBLD prepares the method. Options that make no sense are errors; nothing is compiled before the first picture.
func NewBLD(m counterfactual.Models, o BLDOptions) (*BLD, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", NameBLD, err)
	}
	offset := 1
	if o.Blend == blendScript {
		offset = 0
	}
	steps, err := EditSteps(m.Diffusion.Schedule, o.Steps, offset, int(*o.Skip*float64(o.Steps)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", NameBLD, err)
	}
	d := &BLD{steps: steps, noise: newNoising(m), step: newBLDStep(m), blend: newBlending(m), fits: newBLDFits(m)}
	if o.Mask == "score-cam" {
		if d.mapper, err = cam.New(m.Backend, m.Classifier, o.CAM); err != nil {
			return nil, fmt.Errorf("%s: %w", NameBLD, err)
		}
		o.CAM = d.mapper.Options()
	}
	d.options = o
	if d.explainer, err = newExplainer(m, NameBLD, o, o.TraceFrames); err != nil {
		return nil, err
	}
	d.attempts = []attempt{d.search}
	d.rehearsal = func(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
		short := *d
		short.steps, short.options.ReconstructSteps = d.steps[:1], 1
		return short.search(ctx, b, watch)
	}
	return d, nil
}

func (d *BLD) search(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
	f, err := d.regions(ctx, b)
	if err != nil {
		return nil, err
	}
	mask := stacked(f.latentMasks)
	defer nn.Free(mask)
	classes := make([]int, len(b.Targets))
	for i, t := range b.Targets {
		classes[i] = int(t)
	}
	prompt, err := d.models.Diffusion.Conditioner.Tokens(classes)
	if err != nil {
		return nil, err
	}
	defer nn.Free(prompt)
	z, err := d.Edit(ctx, b, mask, prompt, watch)
	if err != nil || d.options.Reconstruct == "none" {
		f.latent = z
		return f, err
	}
	defer nn.Free(z)
	f.pictures, err = d.reconstructEach(ctx, b, z, f.masks, watch)
	return f, err
}

// regions are the masks of each picture.
func (d *BLD) regions(ctx context.Context, b *Batch) (*found, error) {
	pictures, err := counterfactual.Unbatch(b.Picture)
	if err != nil {
		return nil, err
	}
	factor := d.models.Diffusion.Autoencoder.Factor()
	f := &found{}
	for i, p := range pictures {
		var mask, latent *counterfactual.Grid
		switch d.options.Mask {
		case "whole":
			mask = &counterfactual.Grid{Height: p.Height, Width: p.Width, Channels: 1, Values: make([]float32, p.Height*p.Width)}
			mask = opposite(mask)
			latent, err = cam.Downsample(mask, factor, cam.All)
		case "given":
			if mask = d.options.Given; mask.Height != p.Height || mask.Width != p.Width {
				return nil, fmt.Errorf("the given mask is %dx%d, the picture %dx%d", mask.Width, mask.Height, p.Width, p.Height)
			}
			latent, err = cam.Downsample(mask, factor, d.options.MaskMode)
		default:
			var activation *counterfactual.Grid
			if activation, err = d.activation(ctx, p); err != nil {
				return nil, fmt.Errorf("picture %d: %w", i, err)
			}
			f.activations = append(f.activations, activation)
			region := cam.Region{Delta: *d.options.Delta, Share: d.options.ForegroundShare, Mode: d.options.MaskMode}
			mask, latent, err = region.Masks(activation, factor)
		}
		if err != nil {
			return nil, fmt.Errorf("picture %d: %w", i, err)
		}
		f.masks, f.latentMasks = append(f.masks, mask), append(f.latentMasks, latent)
	}
	return f, nil
}

// activation is the map of the class that the classifier gives the picture now.
func (d *BLD) activation(ctx context.Context, p counterfactual.Picture) (*counterfactual.Grid, error) {
	rows, err := d.predictor.Probabilities(p)
	if err != nil {
		return nil, err
	}
	return d.mapper.Map(ctx, p, counterfactual.ArgMax(rows[0]))
}

// Edit generates the prompt's class where mask [batch, latent height, latent width, 1] is 1 and returns the latent. prompt are
// condition tokens [batch, tokens, width]. Noise streams: start, and background/K of step K.
func (d *BLD) Edit(ctx context.Context, b *Batch, mask, prompt *tensors.Tensor, watch Watcher) (*tensors.Tensor, error) {
	z, err := d.start(b)
	if err != nil {
		return nil, err
	}
	total := len(d.steps)
	for k := range total {
		err := stopped(ctx, k, total)
		var next *tensors.Tensor
		if err == nil {
			next, err = d.editStep(b, z, mask, prompt, k, watch)
		}
		nn.Free(z)
		if err != nil {
			return nil, err
		}
		z = next
	}
	return z, nil
}

// start is pure noise in the script, although steps are skipped, and else the source at the level of the first step.
func (d *BLD) start(b *Batch) (*tensors.Tensor, error) {
	if d.options.Blend == blendScript {
		return b.noise("start")
	}
	return d.source(b, d.steps[len(d.steps)-1].Alpha, "start")
}

// source is the batch's latent at a noise level.
func (d *BLD) source(b *Batch, alpha float64, stream string) (*tensors.Tensor, error) {
	noise, err := b.noise("%s", stream)
	if err != nil {
		return nil, err
	}
	defer nn.Free(noise)
	return d.noise.Call1(nil, b.Latent, float32(alpha), noise)
}

// editStep makes step k.
func (d *BLD) editStep(b *Batch, z, mask, prompt *tensors.Tensor, k int, watch Watcher) (*tensors.Tensor, error) {
	step := d.steps[len(d.steps)-1-k]
	level := step.AlphaPrev
	if d.options.Blend != blendMatched {
		level = step.Alpha
	}
	background, err := d.source(b, level, fmt.Sprintf("background/%d", k))
	if err != nil {
		return nil, err
	}
	defer nn.Free(background)
	blended := func(x *tensors.Tensor) (*tensors.Tensor, error) { return d.blend.Call1(nil, x, background, mask) }
	if d.options.Blend == blendBefore {
		if z, err = blended(z); err != nil {
			return nil, err
		}
		defer nn.Free(z)
	}
	out, err := d.step.Call(d.models.Params(), z, int32(step.T), float32(step.Alpha), float32(step.AlphaPrev), b.Null, prompt,
		float32(*d.options.GuidanceScale), b.Targets)
	if err != nil {
		return nil, fmt.Errorf("step %d: %w", k+1, err)
	}
	defer nn.Free(out[1:]...)
	next := out[0]
	if d.options.Blend != blendBefore {
		defer nn.Free(next)
		if next, err = blended(next); err != nil {
			return nil, err
		}
	}
	loss, err := floats(out[2])
	if err != nil {
		return nil, err
	}
	return next, watch.show(State{Stage: "edit", Index: k, Total: len(d.steps), Loss: loss[0], Probability: likelihood(loss[0]), Latent: next,
		Image: out[1], Details: map[string]*tensors.Tensor{"inter": next}})
}

// newBLDStep is one guided DDIM step. Results: latent, picture of the clean estimate, and, for the trace alone, minus the target's
// log-probability there.
func newBLDStep(m counterfactual.Models) *nn.Program {
	return nn.NewProgram(m.Backend, "bld step", func(s []nn.Scope, a []*Node) []*Node {
		z, alpha, alphaPrev, null, prompt, guidance, target := a[0], a[2], a[3], a[4], a[5], a[6], a[7]
		n := counterfactual.BindNets(s)
		t := diffusion.Timesteps(a[1], z.Shape().Dimensions[0])
		eps := diffusion.GuidedEstimate(m.Diffusion.Denoiser, n.Denoiser, z, t, null, prompt, guidance, true)
		prev, x0 := diffusion.DDIMStep(z, eps, alpha, alphaPrev, ScalarZero(z.Graph(), z.DType()), nil)
		image := m.DecodeUnit(n, x0)
		return []*Node{prev, image, Neg(m.Classifier.LogProb(n.Classifier, image, target))}
	})
}
