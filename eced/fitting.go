package eced

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// Fitting is the state of stage B: latent and decoder are fitted together to pictures' background, at the noise level at
// which stage C ends. Source: the paper's Eq. 5; SPEC-ECED section 3.
type Fitting struct {
	Latent  *tensors.Tensor // [batch, height, width, channels]
	Decoder *nn.Params      // a copy of the autoencoder's decoding half, which belongs to these pictures alone

	method *Method
	given  *tensors.Tensor // the caller's latent, which stays; nil for none
	nets   []*nn.Params    // decoder and its Adam moments
	m, v   *tensors.Tensor
	done   int // steps made
}

// NewFitting begins stage B at the pictures' own latents and the published decoder.
func (m *Method) NewFitting(encoded *tensors.Tensor) (*Fitting, error) {
	decoder, err := m.models.Diffusion.AutoencoderParams.Subset(m.models.Diffusion.Autoencoder.DecoderParam).Copy()
	if err != nil {
		return nil, err
	}
	f := m.fittingFrom(encoded, decoder)
	f.given = encoded
	return f, nil
}

// fittingFrom begins stage B at a latent and a decoder, which it takes over.
func (m *Method) fittingFrom(latent *tensors.Tensor, decoder *nn.Params) *Fitting {
	return &Fitting{Latent: latent, Decoder: decoder, method: m, nets: []*nn.Params{decoder, decoder.ZerosLike(), decoder.ZerosLike()},
		m: tensors.FromShape(latent.Shape()), v: tensors.FromShape(latent.Shape())}
}

// Step makes one step of Adam on the background loss, which it returns as it was before. pictures [batch, height, width,
// channels] are in [-1, 1], mask [batch, height, width, 1] is 1 in the foreground, noise is standard normal, of the
// latent's shape.
func (f *Fitting) Step(pictures, mask, noise *tensors.Tensor) (loss float64, err error) {
	fit, o := f.method.programs.fit, f.method.options
	f.done++
	out, err := fit.program.Call(f.nets, f.Latent, f.m, f.v, pictures, mask, noise, f.method.lastLevel(),
		float32(*o.LatentRate), float32(*o.DecoderRate), float32(f.done))
	if err != nil {
		return 0, err
	}
	loss = float64(tensors.ToScalar[float32](out[0]))
	nn.Free(out[0], f.m, f.v)
	if f.Latent != f.given {
		nn.Free(f.Latent)
	}
	f.Latent, f.m, f.v = out[1], out[2], out[3]
	if err := nn.ReplaceParams(f.nets, fit.fitted, out[4:]); err != nil {
		return 0, err
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, fmt.Errorf("the background loss is %g; lower latent_rate or decoder_rate", loss)
	}
	return loss, nil
}

// Free gives back what only further steps need. Latent and decoder stay.
func (f *Fitting) Free() {
	nn.Free(f.m, f.v)
	for _, moments := range f.nets[1:] {
		moments.Free()
	}
}
