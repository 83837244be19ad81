package baselines

import (
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// region is where FastDiME lets each picture of a batch change.
type region struct {
	changes []*counterfactual.Grid // relative change of each pixel
	stays   []*counterfactual.Grid // 1 where the pixel stays
	latent  []*counterfactual.Grid // 1 where the latent stays
}

// found is a result with the region's masks; without a region it has none.
func (r *region) found(z *tensors.Tensor) *found {
	f := &found{latent: z}
	if r == nil {
		return f
	}
	for i := range r.stays {
		f.masks, f.latentMasks = append(f.masks, opposite(r.stays[i])), append(f.latentMasks, opposite(r.latent[i]))
	}
	return f
}

// regionOf finds where pictures differ from the decoded latents of the originals, all unclamped.
func (r *fastRun) regionOf(picture *tensors.Tensor) (*region, error) {
	if r.reference == nil {
		decoded, err := r.image.Call1(r.params, r.batch.Latent)
		if err != nil {
			return nil, err
		}
		defer nn.Free(decoded)
		if r.reference, err = counterfactual.Grids(decoded); err != nil {
			return nil, err
		}
	}
	now, err := counterfactual.Grids(picture)
	if err != nil {
		return nil, err
	}
	out := &region{}
	for i := range now {
		dilation := r.options.Dilation
		if dilation == 0 {
			dilation = scaled(5, 128, now[i].Height)
		}
		change, dilated := ChangeMask(r.reference[i], now[i], dilation)
		stays := Keep(dilated, *r.options.Threshold)
		latent, err := KeepLatent(stays, r.models.Diffusion.Autoencoder.Factor())
		if err != nil {
			return nil, err
		}
		out.changes, out.stays, out.latent = append(out.changes, change), append(out.stays, stays), append(out.latent, latent)
	}
	return out, nil
}
