package nn

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/internal/resample"
)

// Interpolation is a way of resizing, under the name that PyTorch's interpolate has for it.
type Interpolation string

// The interpolations.
const (
	Bilinear Interpolation = "bilinear" // the default
	Bicubic  Interpolation = "bicubic"
	Area     Interpolation = "area" // averages of whole pixels, as adaptive average pooling
	Nearest  Interpolation = "nearest"
	// NearestExact takes the pixel under the middle of the new one rather than under its first corner.
	NearestExact Interpolation = "nearest-exact"
)

// ResizeOptions are the settings of [Resize]. The zero value is bilinear, without antialiasing, edges kept in place
// (align_corners=False).
type ResizeOptions struct {
	Mode Interpolation
	// Antialias widens the kernel where a side shrinks; bilinear and bicubic only. Bicubic then has a = -0.5 rather than
	// -0.75, as in PyTorch and Pillow.
	Antialias bool
	// AlignCorners keeps the centres of the corner pixels in place rather than the picture's edges; bilinear and bicubic
	// without antialiasing only.
	AlignCorners bool
	// Scale is how many times larger height and width are taken to become, where that isn't the quotient of the sizes;
	// bilinear and bicubic without antialiasing only. See scale_factor of PyTorch's interpolate. 0 is the quotient.
	Scale [2]float64
}

// Resize resizes x [batch, height, width, channels] as PyTorch's torch.nn.functional.interpolate does. It is a product
// with one matrix along each axis, and so differentiable.
func Resize(x *Node, height, width int, o ResizeOptions) *Node {
	if x.Rank() != 4 || height < 1 || width < 1 {
		exceptions.Panicf("resize: shape %s to %dx%d; wanted are four axes and at least one pixel", x.Shape(), width, height)
	}
	d := x.Shape().Dimensions
	if d[1] != height || o.Scale[0] != 0 {
		rows := ConstAsDType(x.Graph(), x.DType(), o.matrix(d[1], height, o.Scale[0]))
		// [height, batch, width, channels], and the batch back in front
		x = TransposeAllAxes(DotGeneral(rows, []int{1}, nil, x, []int{1}, nil), 1, 0, 2, 3)
	}
	if d[2] != width || o.Scale[1] != 0 {
		columns := ConstAsDType(x.Graph(), x.DType(), o.matrix(d[2], width, o.Scale[1]))
		// [width, batch, height, channels]
		x = TransposeAllAxes(DotGeneral(columns, []int{1}, nil, x, []int{2}, nil), 1, 2, 0, 3)
	}
	return x
}

// AdaptiveAvgPool2D averages x [batch, height, width, channels] over height x width fields, which overlap where they don't
// divide the picture, as PyTorch's adaptive_avg_pool2d does.
func AdaptiveAvgPool2D(x *Node, height, width int) *Node {
	return Resize(x, height, width, ResizeOptions{Mode: Area})
}

// matrix returns the weights [out, in] that resize an axis.
func (o ResizeOptions) matrix(in, out int, scale float64) [][]float64 {
	matrix := make([][]float64, out)
	for i, w := range o.windows(in, out, scale) {
		matrix[i] = make([]float64, in)
		copy(matrix[i][w.First:], w.Weights)
	}
	return matrix
}

func (o ResizeOptions) windows(in, out int, scale float64) []resample.Window {
	smooth := o.Mode == "" || o.Mode == Bilinear || o.Mode == Bicubic
	if o.Antialias && (!smooth || o.AlignCorners || scale != 0) || (o.AlignCorners || scale != 0) && !smooth || o.AlignCorners && scale != 0 {
		exceptions.Panicf("resize: options %+v don't go together", o)
	}
	source := resample.HalfPixel(float64(in) / float64(out))
	switch {
	case o.AlignCorners:
		source = resample.AlignedCorners(in, out)
	case scale != 0:
		source = resample.HalfPixel(1 / scale)
	}
	switch {
	case o.Mode == Bicubic && o.Antialias:
		return resample.Antialiased[float32](in, out, resample.Cubic)
	case o.Mode == Bicubic:
		return resample.Bicubic(in, out, source)
	case o.Mode == Area:
		return resample.Area(in, out)
	case o.Mode == Nearest, o.Mode == NearestExact:
		return resample.Nearest(in, out, o.Mode == NearestExact)
	case !smooth:
		exceptions.Panicf("resize: unknown mode %q; legal are %q", o.Mode, []Interpolation{Bilinear, Bicubic, Area, Nearest, NearestExact})
	case o.Antialias:
		return resample.Antialiased[float32](in, out, resample.Triangle)
	}
	return resample.Linear(in, out, source)
}
