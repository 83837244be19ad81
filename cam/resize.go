package cam

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ResizeBilinear resizes x [batch, height, width, channels] without antialiasing. With alignCorners the centres of the
// corner pixels stay where they are (PyTorch's align_corners=True); without, the outer edges of the picture do and
// positions beyond the outermost centres repeat them (half-pixel, align_corners=False). It is a product with one
// matrix along each axis, and so differentiable.
func ResizeBilinear(x *Node, height, width int, alignCorners bool) *Node {
	if x.Rank() != 4 || height < 1 || width < 1 {
		exceptions.Panicf("bilinear resize: shape %s to %dx%d; wanted are four axes and at least one pixel", x.Shape(), width, height)
	}
	d := x.Shape().Dimensions
	if d[1] != height {
		rows := ConstAsDType(x.Graph(), x.DType(), bilinearWeights(d[1], height, alignCorners))
		// [height, batch, width, channels], and the batch back in front
		x = TransposeAllAxes(DotGeneral(rows, []int{1}, nil, x, []int{1}, nil), 1, 0, 2, 3)
	}
	if d[2] != width {
		columns := ConstAsDType(x.Graph(), x.DType(), bilinearWeights(d[2], width, alignCorners))
		// [width, batch, height, channels]
		x = TransposeAllAxes(DotGeneral(columns, []int{1}, nil, x, []int{2}, nil), 1, 2, 0, 3)
	}
	return x
}

// bilinearWeights returns the matrix [out, in] that resizes an axis: each output weighs the two inputs around its
// position by their nearness.
func bilinearWeights(in, out int, alignCorners bool) [][]float64 {
	weights := make([][]float64, out)
	for o := range weights {
		var position float64
		switch {
		case !alignCorners:
			position = (float64(o)+0.5)*float64(in)/float64(out) - 0.5
		case out > 1:
			position = float64(o) * float64(in-1) / float64(out-1)
		}
		position = min(max(position, 0), float64(in-1))
		weights[o] = make([]float64, in)
		for i := range weights[o] {
			weights[o][i] = max(0, 1-math.Abs(position-float64(i)))
		}
	}
	return weights
}
