package baselines

import (
	"context"
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// backgroundWeight is how much more the background counts than the foreground. Source: public code.
const backgroundWeight = 100

// bldFits are the programs of the background's reconstruction.
type bldFits struct {
	weights *nn.Program // one step on the decoder's weights
	latents *nn.Program // one step on the latent
	decode  *nn.Program
	fitted  []string // names of the decoder's parameters, known once weights was called
}

// Fitting is a reconstruction's state: latents and the decoder that goes with them, one of which is fitted, with its moments.
type Fitting struct {
	Latent  *tensors.Tensor
	Decoder *nn.Params
	Losses  []float64 // before each step

	decoderMoments []*nn.Params      // m and v, when the decoder is fitted
	latentMoments  []*tensors.Tensor // m and v, when the latents are
}

// newBLDFits builds the programs. Arguments of both steps: latent, then (latents only) its moments m and v, edited picture and
// original in [-1, 1], mask, rate, step counted from 1. Results: loss, then value, m and v of what is fitted.
func newBLDFits(m counterfactual.Models) *bldFits {
	f := &bldFits{}
	loss := func(s nn.Scope, z, edited, original, mask *Node) *Node {
		image := m.Diffusion.Decode(s, z)
		background := OneMinus(mask)
		return Add(ReduceAllMean(Square(Mul(mask, Sub(edited, image)))),
			MulScalar(ReduceAllMean(Square(Mul(background, Sub(original, image)))), backgroundWeight))
	}
	f.weights = nn.NewProgram(m.Backend, "bld decoder", func(s []nn.Scope, a []*Node) []*Node {
		l := loss(s[0], a[0], a[1], a[2], a[3])
		all, nodes := s[0].Used()
		var params []*Node
		f.fitted = nil
		for i, name := range all {
			if !strings.HasPrefix(name, "post_quant_conv.") { // the decoder alone, as the public code has it
				f.fitted, params = append(f.fitted, name), append(params, nodes[i])
			}
		}
		// the barrier keeps XLA from computing a gradient again for every value that is made of it
		grads := OptimizationBarriers(Gradient(l, params...)...)
		return append([]*Node{l}, nn.AdamParams(f.fitted, params, grads, s[1], s[2], a[4], a[5])...)
	})
	f.latents = nn.NewProgram(m.Backend, "bld latent", func(s []nn.Scope, a []*Node) []*Node {
		l := loss(s[0], a[0], a[3], a[4], a[5])
		z, mz, vz := nn.Adam(a[0], Gradient(l, a[0])[0], a[1], a[2], a[6], a[7])
		return []*Node{l, z, mz, vz}
	})
	f.decode = nn.NewProgram(m.Backend, "bld decode", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{ClipScalar(diffusion.ToUnit(m.Diffusion.Decode(s[0], a[0])), 0, 1)}
	})
	return f
}

// Reconstruct fits latents z, or the decoder's weights, so that they decode to the edited picture inside the mask [batch, height,
// width, 1] and to the original outside; pictures are in [-1, 1]. It returns the picture in [0, 1] and the state. With weights, one
// decoder is fitted to all pictures of the batch; the models' own stays as it is.
func (d *BLD) Reconstruct(ctx context.Context, z, edited, original, mask *tensors.Tensor, watch Watcher) (*tensors.Tensor, *Fitting, error) {
	f, err := d.newFitting(z)
	if err != nil {
		return nil, nil, err
	}
	total := d.options.ReconstructSteps
	for k := range total {
		if err := stopped(ctx, k, total); err != nil {
			return nil, nil, fmt.Errorf("reconstruction %w", err)
		}
		loss, err := d.fits.step(f, edited, original, mask, float32(d.options.ReconstructRate), float32(k+1))
		if err != nil {
			return nil, nil, fmt.Errorf("reconstruction, step %d of %d: %w", k+1, total, err)
		}
		f.Losses = append(f.Losses, float64(loss))
		if err := watch.show(State{Stage: "reconstruct", Index: k, Total: total, Loss: []float32{loss}, Latent: f.Latent}); err != nil {
			return nil, nil, err
		}
	}
	image, err := d.fits.decode.Call1([]*nn.Params{f.Decoder}, f.Latent)
	return image, f, err
}

func (d *BLD) newFitting(z *tensors.Tensor) (f *Fitting, err error) {
	model := d.models.Diffusion
	decoder := model.AutoencoderParams.Subset(model.Autoencoder.DecoderParam)
	f = &Fitting{Latent: z, Decoder: decoder}
	if d.options.Reconstruct == reconstructWeights {
		f.decoderMoments = []*nn.Params{decoder.ZerosLike(), decoder.ZerosLike()}
		f.Decoder, err = decoder.Copy()
	} else {
		f.latentMoments = []*tensors.Tensor{tensors.FromShape(z.Shape()), tensors.FromShape(z.Shape())}
		f.Latent, err = z.LocalClone()
	}
	return f, err
}

// step makes one step and returns the loss before it.
func (p *bldFits) step(f *Fitting, edited, original, mask *tensors.Tensor, rate, step float32) (float32, error) {
	var out []*tensors.Tensor
	var err error
	if f.decoderMoments != nil {
		nets := append([]*nn.Params{f.Decoder}, f.decoderMoments...)
		if out, err = p.weights.Call(nets, f.Latent, edited, original, mask, rate, step); err != nil {
			return 0, err
		}
		if err := nn.ReplaceParams(nets, p.fitted, out[1:]); err != nil {
			return 0, err
		}
	} else {
		if out, err = p.latents.Call([]*nn.Params{f.Decoder}, f.Latent, f.latentMoments[0], f.latentMoments[1], edited, original, mask, rate, step); err != nil {
			return 0, err
		}
		nn.Free(append(f.latentMoments, f.Latent)...)
		f.Latent, f.latentMoments = out[1], out[2:]
	}
	loss := tensors.ToScalar[float32](out[0])
	nn.Free(out[0])
	return loss, nil
}

// free gives back what the fitting made; the latents it began with and the models' decoder stay.
func (f *Fitting) free() {
	if f.decoderMoments != nil {
		f.Decoder.Free()
		for _, m := range f.decoderMoments {
			m.Free()
		}
		return
	}
	nn.Free(append(f.latentMoments, f.Latent)...)
}

// reconstructEach reconstructs one picture of a batch after the other, so that none depends on its company.
func (d *BLD) reconstructEach(ctx context.Context, b *Batch, z *tensors.Tensor, masks []*counterfactual.Grid, watch Watcher) ([]counterfactual.Picture, error) {
	latents, err := counterfactual.Grids(z)
	if err != nil {
		return nil, err
	}
	decoded, err := d.decode.Call1(d.models.Params(), z)
	if err != nil {
		return nil, err
	}
	defer nn.Free(decoded)
	edited, err := counterfactual.Grids(decoded)
	if err != nil {
		return nil, err
	}
	originals, err := counterfactual.Grids(b.Picture)
	if err != nil {
		return nil, err
	}
	var out []counterfactual.Picture
	for i := range latents {
		one, now, before, mask := stacked([]*counterfactual.Grid{&latents[i]}), signed(&edited[i]), signed(&originals[i]), stacked(masks[i:i+1])
		image, f, err := d.Reconstruct(ctx, one, now, before, mask, func(s State) error {
			s.Only = &i
			return watch.show(s)
		})
		if err != nil {
			return nil, fmt.Errorf("picture %d: %w", i, err)
		}
		f.free()
		pictures, err := counterfactual.Unbatch(image)
		nn.Free(one, now, before, mask, image)
		if err != nil {
			return nil, err
		}
		out = append(out, pictures[0])
	}
	return out, nil
}

// signed takes a picture from [0, 1] to [-1, 1], as decoders give it.
func signed(g *counterfactual.Grid) *tensors.Tensor {
	return stacked([]*counterfactual.Grid{each(g, func(v float32) float32 { return 2*v - 1 })})
}
