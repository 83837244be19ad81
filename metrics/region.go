package metrics

import (
	"fmt"
	"slices"

	"otherwise/counterfactual"
)

// RegionImportance says which regions of a counterfactual carry its class (LDCE, appendix L): windows of size x size pixels
// every stride pixels are put back to the original, and the fall of the target's probability is noted at their pixels,
// averaged where windows overlap; 0 where none fits. A stride of 0 is size: windows side by side.
func RegionImportance(original, found counterfactual.Picture, target int, classify Classify, size, stride int) (*counterfactual.Grid, error) {
	if err := pairs([]counterfactual.Picture{original}, []counterfactual.Picture{found}); err != nil {
		return nil, err
	}
	if stride == 0 {
		stride = size
	}
	h, w, c := found.Height, found.Width, found.Channels
	if size < 1 || size > h || size > w || stride < 1 {
		return nil, fmt.Errorf("windows of %d pixels every %d in a picture of %dx%d", size, stride, w, h)
	}
	probability := func(x counterfactual.Picture) (float64, error) {
		rows, err := classify(x)
		if err != nil {
			return 0, err
		}
		if target < 0 || target >= len(rows[0]) {
			return 0, fmt.Errorf("no class %d; there are %d", target, len(rows[0]))
		}
		return rows[0][target], nil
	}
	base, err := probability(found)
	if err != nil {
		return nil, err
	}
	sums, counts := make([]float64, h*w), make([]float64, h*w)
	for y := 0; y+size <= h; y += stride {
		for x := 0; x+size <= w; x += stride {
			swapped := found
			swapped.Values = slices.Clone(found.Values)
			for row := y; row < y+size; row++ {
				from, to := (row*w+x)*c, (row*w+x+size)*c
				copy(swapped.Values[from:to], original.Values[from:to])
			}
			p, err := probability(swapped)
			if err != nil {
				return nil, err
			}
			for row := y; row < y+size; row++ {
				for i := row*w + x; i < row*w+x+size; i++ {
					sums[i] += base - p
					counts[i]++
				}
			}
		}
	}
	grid := &counterfactual.Grid{Height: h, Width: w, Channels: 1, Values: make([]float32, h*w)}
	for i := range sums {
		grid.Values[i] = float32(sums[i] / max(1, counts[i]))
	}
	return grid, nil
}
