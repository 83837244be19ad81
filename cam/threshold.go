package cam

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"otherwise/counterfactual"
)

// ErrNoForeground says that a mask lets nothing change, ErrAllForeground that it preserves nothing.
var (
	ErrNoForeground  = errors.New("the mask has no foreground")
	ErrAllForeground = errors.New("the mask has no background")
)

// Threshold returns a mask [height, width]: 1, foreground, where the map is at least delta (with strict: above it),
// else 0. The comparison is float32's, in which maps are stored.
func Threshold(m *counterfactual.Grid, delta float64, strict bool) *counterfactual.Grid {
	mask := &counterfactual.Grid{Height: m.Height, Width: m.Width, Channels: 1, Values: make([]float32, len(m.Values))}
	for i, v := range m.Values {
		if v > float32(delta) || !strict && v == float32(delta) {
			mask.Values[i] = 1
		}
	}
	return mask
}

// ForegroundShare returns the threshold at which the given share of the map's positions, rounded up to whole positions,
// becomes foreground in a [Threshold] that isn't strict. Where the map has the same value more often, the foreground
// is larger. Legal shares are above 0 and below 1.
func ForegroundShare(m *counterfactual.Grid, share float64) (float64, error) {
	if !(share > 0 && share < 1) {
		return 0, fmt.Errorf("foreground share is %g; legal is above 0 and below 1", share)
	}
	if len(m.Values) == 0 {
		return 0, errors.New("foreground share of an empty map")
	}
	sorted := slices.Sorted(slices.Values(m.Values))
	// The margin keeps a product like 0.07*100 = 7.000000000000001 from counting as one more.
	foreground := int(math.Ceil(share*float64(len(sorted)) - 1e-9))
	return float64(sorted[len(sorted)-foreground]), nil
}

// CheckMask returns an [ErrNoForeground] or [ErrAllForeground] for a mask, of a picture or a latent, that was made with
// the threshold delta and is the same everywhere: there is nothing to change, or nothing to preserve.
func CheckMask(mask *counterfactual.Grid, delta float64) error {
	size := fmt.Sprintf("%dx%d", mask.Width, mask.Height)
	switch {
	case !slices.ContainsFunc(mask.Values, func(v float32) bool { return v != 0 }):
		return fmt.Errorf("%w: at threshold %g the foreground share of the %s mask is 0, so nothing may change; "+
			"lower the threshold, ask for a foreground share, or down-sample with %q", ErrNoForeground, delta, size, Any)
	case !slices.Contains(mask.Values, 0):
		return fmt.Errorf("%w: at threshold %g the foreground share of the %s mask is 1, so nothing is preserved; "+
			"raise the threshold, ask for a foreground share, or down-sample with %q", ErrAllForeground, delta, size, All)
	}
	return nil
}
