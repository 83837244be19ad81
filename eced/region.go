package eced

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/nn"
)

// chooseRegion is stage A: a map, thresholded to a mask and taken to the latent's grid.
func (r *run) chooseRegion(ctx context.Context) error {
	if r.options.Given != nil {
		return r.takeMask(r.options.Given)
	}
	activation, err := r.regionMap(ctx)
	if err != nil {
		return err
	}
	return r.cutRegion(activation, *r.options.Delta)
}

// regionMap is the map that [Options.Region] names.
func (r *run) regionMap(ctx context.Context) (*counterfactual.Grid, error) {
	if r.options.Region == counterfactual.RegionActivation {
		return r.mapper.Map(ctx, r.problem.Picture, r.result.Predicted)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	differs, err := r.diffEdit.Map(r.encoded, r.result.Predicted, r.problem.Target, r.problem.Seed)
	if err != nil {
		return nil, err
	}
	defer nn.Free(differs)
	grids, err := counterfactual.Grids(differs)
	if err != nil {
		return nil, err
	}
	return &grids[0], nil
}

// cutRegion makes masks of an activation map.
func (r *run) cutRegion(activation *counterfactual.Grid, delta float64) error {
	region := cam.Region{Delta: delta, Share: r.options.ForegroundShare, Strict: r.options.Strict, Mode: r.options.MaskMode}
	mask, latentMask, err := region.Masks(activation, r.models.Diffusion.Autoencoder.Factor())
	if err != nil {
		return err
	}
	r.result.ActivationMap, r.result.Region = activation, r.options.Region
	return r.setMasks(mask, latentMask)
}

// takeMask uses a mask of the user's.
func (r *run) takeMask(mask *counterfactual.Grid) error {
	if mask.Height != r.problem.Picture.Height || mask.Width != r.problem.Picture.Width {
		return fmt.Errorf("the given mask is %dx%d, the picture %dx%d", mask.Width, mask.Height, r.problem.Picture.Width, r.problem.Picture.Height)
	}
	latentMask, err := cam.Downsample(mask, r.models.Diffusion.Autoencoder.Factor(), r.options.MaskMode)
	if err != nil {
		return err
	}
	if err := cam.CheckMask(latentMask, 1); err != nil {
		return err
	}
	return r.setMasks(mask, latentMask)
}

func (r *run) setMasks(mask, latentMask *counterfactual.Grid) error {
	if r.options.SoftBorder > 0 {
		soft := counterfactual.Picture(*latentMask)
		latentMask = new(counterfactual.Grid(counterfactual.Blur(soft, r.options.SoftBorder)))
	}
	r.result.Mask, r.result.LatentMask = mask, latentMask
	r.mask, r.latentMask = maskTensor(mask), maskTensor(latentMask)
	return nil
}

func maskTensor(g *counterfactual.Grid) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(append([]float32(nil), g.Values...), 1, g.Height, g.Width, 1)
}
