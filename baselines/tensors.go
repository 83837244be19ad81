package baselines

import (
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
)

// stacked puts grids of one size together as a tensor [batch, height, width, channels].
func stacked(grids []*counterfactual.Grid) *tensors.Tensor {
	first := grids[0]
	values := make([]float32, 0, len(grids)*len(first.Values))
	for _, g := range grids {
		values = append(values, g.Values...)
	}
	return tensors.FromFlatDataAndDimensions(values, len(grids), first.Height, first.Width, first.Channels)
}

// floats reads several tensors of float32 from the device.
func floats(ts ...*tensors.Tensor) ([][]float32, error) {
	var out [][]float32
	for _, t := range ts {
		values, err := tensors.CopyFlatData[float32](t)
		if err != nil {
			return nil, err
		}
		out = append(out, values)
	}
	return out, nil
}
