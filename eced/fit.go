package eced

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// fitBackground is stage B: latent and decoder are fitted to the picture's background, at the noise level at which
// stage C ends. Source: the paper's Eq. 5; SPEC-ECED section 3.
func (r *run) fitBackground(ctx context.Context) error {
	autoencoder := r.models.Diffusion.Autoencoder
	decoder, err := r.models.Diffusion.AutoencoderParams.Subset(autoencoder.DecoderParam).Copy()
	if err != nil {
		return err
	}
	f := r.newFitting(decoder)
	reference := toSigned(r.problem.Picture)
	total := max(0, r.options.BackgroundSteps)
	for k := range total {
		if err := stopped(ctx, k, total); err != nil {
			return err
		}
		loss, err := f.step(r, k, reference)
		if err != nil {
			return err
		}
		if err := r.report(counterfactual.Step{Stage: "background", Index: k, Total: total, Loss: loss,
			TargetProbability: r.result.Before[r.problem.Target]}); err != nil {
			return err
		}
	}
	r.background, r.decoder = f.z, decoder
	return r.reconstruct()
}

// reconstruct shows what stage B has reached: the fitted latent, noised as stage C leaves it, through the fitted decoder.
func (r *run) reconstruct() error {
	alpha := float32(r.steps[0].AlphaPrev)
	z, err := r.programs.start.Call1(nil, r.background, r.background, r.latentMask, r.noise("reconstruction"), alpha)
	if err != nil {
		return err
	}
	out, err := r.programs.head.Call(r.headNets(), z, r.targets)
	if err != nil {
		return err
	}
	pictures, err := counterfactual.Unbatch(out[0])
	if err != nil {
		return err
	}
	r.result.Reconstruction = pictures[0]
	return nil
}

// fitting is the state of stage B.
type fitting struct {
	nets    []*nn.Params // decoder and its Adam moments
	z, m, v *tensors.Tensor
}

func (r *run) newFitting(decoder *nn.Params) *fitting {
	return &fitting{nets: []*nn.Params{decoder, decoder.ZerosLike(), decoder.ZerosLike()},
		z: r.encoded, m: tensors.FromShape(r.encoded.Shape()), v: tensors.FromShape(r.encoded.Shape())}
}

func (f *fitting) step(r *run, k int, reference *tensors.Tensor) (loss float64, err error) {
	fit := r.programs.fit
	out, err := fit.program.Call(f.nets, f.z, f.m, f.v, reference, r.mask, r.noise(fmt.Sprintf("background/%d", k)),
		float32(r.steps[0].AlphaPrev), float32(*r.options.LatentRate), float32(*r.options.DecoderRate), float32(k+1))
	if err != nil {
		return 0, err
	}
	loss = float64(tensors.ToScalar[float32](out[0]))
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, fmt.Errorf("the background loss is %g at step %d (seed %d); lower latent_rate or decoder_rate", loss, k, r.problem.Seed)
	}
	f.z, f.m, f.v = out[1], out[2], out[3]
	return loss, nn.ReplaceParams(f.nets, fit.fitted, out[4:])
}

// toSigned takes a picture from [0, 1] to [-1, 1], as decoders give it.
func toSigned(p counterfactual.Picture) *tensors.Tensor {
	values := make([]float32, len(p.Values))
	for i, v := range p.Values {
		values[i] = 2*v - 1
	}
	return tensors.FromFlatDataAndDimensions(values, 1, p.Height, p.Width, p.Channels)
}
