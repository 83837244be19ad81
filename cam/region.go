package cam

import "otherwise/counterfactual"

// Region says how an activation map becomes a foreground.
type Region struct {
	Delta  float64 // the activation from which on a pixel is foreground
	Share  float64 // if above 0, in place of Delta: the share of pixels that become foreground
	Strict bool    // foreground only above the threshold, not at it
	Mode   Mode    // how the mask is taken to the latent's grid
}

// Masks returns the foreground of a map [height, width] at its own size, and on a latent's grid that is coarser by factor. A mask that
// is the same everywhere is an [ErrNoForeground] or [ErrAllForeground].
func (r Region) Masks(m *counterfactual.Grid, factor int) (mask, latent *counterfactual.Grid, err error) {
	delta := r.Delta
	if r.Share > 0 {
		if delta, err = ForegroundShare(m, r.Share); err != nil {
			return nil, nil, err
		}
	}
	mask = Threshold(m, delta, r.Strict)
	if err := CheckMask(mask, delta); err != nil {
		return nil, nil, err
	}
	if latent, err = Downsample(mask, factor, r.Mode); err != nil {
		return nil, nil, err
	}
	return mask, latent, CheckMask(latent, delta)
}
