package cam

import (
	"errors"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"
)

// principal returns EigenCAM's map of activations [1, height, width, channels]: the positions' projection [1, height, width, 1]
// on the first principal component over channels. Its sign, which is arbitrary, is the one that has the larger extreme above
// zero. Source: Muhammad and Yeasin, 2020; for the sign Chung and Ying, 2025, Eq. 13.
func principal(activations *tensors.Tensor) (*tensors.Tensor, error) {
	values, err := read(activations)
	if err != nil {
		return nil, err
	}
	if err := finite(values, "activation"); err != nil {
		return nil, err
	}
	d := activations.Shape().Dimensions
	positions, channels := d[1]*d[2], d[3]
	centred := mat.NewDense(positions, channels, nil)
	for k := range channels {
		var mean float64
		for p := range positions {
			mean += float64(values[p*channels+k]) / float64(positions)
		}
		for p := range positions {
			centred.Set(p, k, float64(values[p*channels+k])-mean)
		}
	}
	projection, err := firstComponent(centred)
	if err != nil {
		return nil, err
	}
	lo, hi := bounds(projection)
	if -lo > hi {
		for i, v := range projection {
			projection[i] = -v
		}
	}
	return tensors.FromFlatDataAndDimensions(projection, 1, d[1], d[2], 1), nil
}

// firstComponent projects rows on their first principal component, by the smaller of the two matrices of inner products.
func firstComponent(centred *mat.Dense) ([]float32, error) {
	rows, columns := centred.Dims()
	inner := mat.NewSymDense(min(rows, columns), nil)
	if rows <= columns {
		inner.SymOuterK(1, centred)
	} else {
		inner.SymOuterK(1, centred.T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(inner, true) {
		return nil, errors.New("the activations' principal component can't be found: they don't converge")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	last := min(rows, columns) - 1 // eigenvalues ascend
	top := vectors.ColView(last)
	projection := mat.NewVecDense(rows, nil)
	if rows <= columns { // the projection is the eigenvector itself, as long as the singular value
		projection.ScaleVec(math.Sqrt(max(0, eigen.Values(nil)[last])), top)
	} else {
		projection.MulVec(centred, top)
	}
	out := make([]float32, rows)
	for i := range out {
		out[i] = float32(projection.AtVec(i))
	}
	return out, nil
}
