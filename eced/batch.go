package eced

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
)

// stack joins tensors [1, ...] of one shape to one [batch, ...], by way of the host: latents are small beside the networks.
func stack(rows ...*tensors.Tensor) (*tensors.Tensor, error) {
	var values []float32
	dims := append([]int{len(rows)}, rows[0].Shape().Dimensions[1:]...)
	for i, r := range rows {
		if !r.Shape().Equal(rows[0].Shape()) {
			return nil, fmt.Errorf("picture %d of the batch needs %s, the first %s; a batch needs one size", i, r.Shape(), rows[0].Shape())
		}
		v, err := tensors.CopyFlatData[float32](r)
		if err != nil {
			return nil, err
		}
		values = append(values, v...)
	}
	return tensors.FromFlatDataAndDimensions(values, dims...), nil
}

// row copies sample i of a tensor [batch, ...] to one [1, ...].
func row(t *tensors.Tensor, i int) (*tensors.Tensor, error) {
	values, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, err
	}
	d := t.Shape().Dimensions
	size := len(values) / d[0]
	return tensors.FromFlatDataAndDimensions(values[i*size:(i+1)*size], append([]int{1}, d[1:]...)...), nil
}
