package eced

import (
	"context"
	"fmt"
	"runtime"

	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// Prepare compiles all of ECED's programs for pictures of the given one's size, several at a time, by running each once
// on stand-ins. Without it the first Explain compiles them one after the other.
func (m *Method) Prepare(ctx context.Context, picture counterfactual.Picture) error {
	r, err := m.standIn(picture)
	if err != nil {
		return fmt.Errorf("eced, compiling: %w", err)
	}
	defer r.free()
	a, err := m.NewAdversary(Scene{Encoded: r.encoded, Background: r.background, LatentMask: r.latentMask, Decoders: []*nn.Params{r.decoder}, Targets: []int{0}})
	if err != nil {
		return fmt.Errorf("eced, compiling: %w", err)
	}
	defer a.Free()
	f, err := m.NewFitting(r.encoded)
	if err != nil {
		return fmt.Errorf("eced, compiling: %w", err)
	}
	defer func() {
		f.Free()
		f.Decoder.Free()
		if f.Latent != r.encoded {
			nn.Free(f.Latent)
		}
	}()
	noise, reference := r.chainNoise(0), toSigned(picture)
	defer noise.free()
	defer nn.Free(reference)
	args := a.stepArgs(m.Steps(), noise)(0)
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for _, compile := range []func() error{
		func() error { // the largest first
			out, err := m.programs.steps.StepGradient(a.denoiser(), r.encoded, r.encoded, args...)
			nn.Free(out)
			return err
		},
		func() error { _, err := f.Step(reference, r.mask, r.encoded); return err },
		func() error {
			out, err := m.programs.steps.Step(a.denoiser(), r.encoded, args...)
			nn.Free(out)
			return err
		},
		func() error {
			out, err := m.programs.head.Call(m.headNets(r.decoder), r.encoded, r.targets)
			nn.Free(out...)
			return err
		},
		func() error { _, err := m.predictor.Probabilities(picture); return err },
	} {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return compile()
		})
	}
	err = group.Wait()
	if err == nil {
		err = m.prepareOptional(ctx, r, a)
	}
	if err != nil {
		return fmt.Errorf("eced, compiling: %w", err)
	}
	return nil
}

// prepareOptional compiles what only some options need, one program after the other: each takes memory.
func (m *Method) prepareOptional(ctx context.Context, r *run, a *Adversary) error {
	if m.options.inverts() {
		latents, err := m.inverter.Invert(ctx, r.encoded, a.unconditional, m.steps[:1])
		nn.Free(latents...)
		if err != nil {
			return err
		}
	}
	if m.options.Region != counterfactual.RegionDiffEdit {
		return nil
	}
	differs, err := m.diffEdit.Map(r.encoded, 0, 0, 0)
	nn.Free(differs)
	return err
}

// standIn is a run on a picture, with a mask of the left half and nothing fitted.
func (m *Method) standIn(picture counterfactual.Picture) (*run, error) {
	p := counterfactual.Problem{Picture: picture}
	if err := m.models.Validate(p); err != nil {
		return nil, err
	}
	r := &run{Method: m, problem: p, targets: []int32{0}, latentDims: m.models.Diffusion.LatentDims(1, picture.Height, picture.Width)}
	var err error
	if r.picture, err = counterfactual.Batch(picture); err != nil {
		return nil, err
	}
	if r.encoded, err = m.programs.encode.Call1([]*nn.Params{m.models.Diffusion.AutoencoderParams}, r.picture); err != nil {
		nn.Free(r.picture)
		return nil, err
	}
	r.mask, r.latentMask = leftHalf(picture.Height, picture.Width), leftHalf(r.latentDims[1], r.latentDims[2])
	r.background = r.encoded
	r.decoder, err = m.models.Diffusion.AutoencoderParams.Subset(m.models.Diffusion.Autoencoder.DecoderParam).Copy()
	return r, err
}

func leftHalf(height, width int) *tensors.Tensor {
	values := make([]float32, height*width)
	for i := range values {
		if i%width < width/2 {
			values[i] = 1
		}
	}
	return tensors.FromFlatDataAndDimensions(values, 1, height, width, 1)
}
