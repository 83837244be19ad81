package cam

import (
	"fmt"
	"slices"

	"otherwise/counterfactual"
)

// Mode is how one position of a coarse mask follows from the factor x factor block that it covers.
type Mode string

// The modes. All are monotone: more foreground never becomes less.
const (
	// NearestCenter takes the element at (factor/2, factor/2) of the block, as Pillow's NEAREST does. It is the default.
	NearestCenter Mode = "nearest_center"
	// Nearest takes the block's first element, as PyTorch and OpenCV do.
	Nearest Mode = "nearest"
	// Area is foreground where at least half of the block is.
	Area Mode = "area"
	// Any is foreground where any of the block is: no foreground, however thin, gets lost.
	Any Mode = "any"
	// All is foreground where all of the block is: no background gets lost.
	All Mode = "all"
)

// Downsample brings a mask [height, width] of 0 and 1 to a grid that is coarser by a whole factor, such as that of a
// latent: [height/factor, width/factor], of 0 and 1 too. An empty mode is nearest_center. A factor that does not divide
// both sides, an unknown mode and values other than 0 and 1 are errors.
func Downsample(mask *counterfactual.Grid, factor int, mode Mode) (*counterfactual.Grid, error) {
	if mode == "" {
		mode = NearestCenter
	}
	modes := []Mode{NearestCenter, Nearest, Area, Any, All}
	switch {
	case !slices.Contains(modes, mode):
		return nil, fmt.Errorf("unknown mode %q of down-sampling a mask; legal are %q", mode, modes)
	case len(mask.Values) != mask.Height*mask.Width || len(mask.Values) == 0:
		return nil, fmt.Errorf("mask of %dx%d has %d values; wanted is one for each position", mask.Width, mask.Height, len(mask.Values))
	case factor < 1 || mask.Height%factor != 0 || mask.Width%factor != 0:
		return nil, fmt.Errorf("mask of %dx%d cannot be down-sampled by %d: the factor must divide both sides", mask.Width, mask.Height, factor)
	}
	if i := slices.IndexFunc(mask.Values, func(v float32) bool { return v != 0 && v != 1 }); i >= 0 {
		return nil, fmt.Errorf("mask value %d is %g; legal are 0 and 1 (see Threshold)", i, mask.Values[i])
	}
	out := &counterfactual.Grid{Height: mask.Height / factor, Width: mask.Width / factor, Channels: 1}
	for i := range out.Height {
		for j := range out.Width {
			var value float32
			if blockIsForeground(mask, i*factor, j*factor, factor, mode) {
				value = 1
			}
			out.Values = append(out.Values, value)
		}
	}
	return out, nil
}

// blockIsForeground decides about the block whose first element is (row, column).
func blockIsForeground(mask *counterfactual.Grid, row, column, factor int, mode Mode) bool {
	at := func(i, j int) bool { return mask.Values[(row+i)*mask.Width+column+j] == 1 }
	switch mode {
	case Nearest:
		return at(0, 0)
	case NearestCenter:
		return at(factor/2, factor/2)
	}
	n := 0
	for i := range factor {
		for j := range factor {
			if at(i, j) {
				n++
			}
		}
	}
	switch mode {
	case Any:
		return n > 0
	case All:
		return n == factor*factor
	default: // Area
		return 2*n >= factor*factor
	}
}
