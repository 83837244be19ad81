package onnx

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/internal/resample"
)

// resize is Resize, and Upsample of older operator sets, of height and width: a product with one matrix along each axis,
// and so differentiable.
func resize(w *walk, c *call) []*value {
	x := c.input(0)
	if len(x.dims) != 4 {
		exceptions.Panicf("resizing of shape %v: only pictures are supported", x.dims)
	}
	sizes, scales := w.resizeTo(c, x)
	y := w.channelsLast(x)
	for i, axis := range []int{2, 3} {
		if sizes[axis] == x.dims[axis] {
			continue
		}
		if x.dims[axis]*sizes[axis] > maxFolded {
			exceptions.Panicf("from %d to %d positions: the matrix is too large", x.dims[axis], sizes[axis])
		}
		matrix := ConstAsDType(w.graph, y.DType(), c.resizeWeights(x.dims[axis], sizes[axis], scales[axis]))
		// The product has the resized axis in front.
		y = DotGeneral(matrix, []int{1}, nil, y, []int{1 + i}, nil)
		if i == 0 {
			y = TransposeAllAxes(y, 1, 0, 2, 3)
		} else {
			y = TransposeAllAxes(y, 1, 2, 0, 3)
		}
	}
	return []*value{lastValue(y)}
}

// resizeTo works out the new shape and the scales, which decide how positions are mapped.
func (w *walk) resizeTo(c *call, x *value) (sizes []int, scales []float64) {
	given := func(i int) bool { return c.has(i) && size(c.in[i].dims) > 0 }
	scalesInput := 2
	if len(c.in) == 2 { // Upsample, and Resize before operator set 11
		scalesInput = 1
	}
	if c.text("keep_aspect_ratio_policy", "stretch") != "stretch" || c.ints("axes") != nil {
		exceptions.Panicf("axes and keep_aspect_ratio_policy are not supported")
	}
	sizes, scales = make([]int, 4), []float64{1, 1, 1, 1}
	var list []float64
	if a, has := c.attribute("scales", kindFloats); has { // Upsample of operator set 7
		for _, v := range a.floats {
			list = append(list, float64(v))
		}
	} else if given(scalesInput) {
		known := w.constants(c.in[scalesInput], "the scales")
		for i := range known.size() {
			list = append(list, known.get(i))
		}
	}
	switch {
	case list != nil:
		if len(list) != 4 {
			exceptions.Panicf("%d scales for four axes", len(list))
		}
		for i, d := range x.dims {
			if !(list[i] > 0 && list[i] < 1<<15) {
				exceptions.Panicf("scales are %v; wanted are positive numbers", list)
			}
			scales[i], sizes[i] = list[i], int(math.Floor(float64(d)*list[i]))
		}
	case given(3):
		sizes = w.intsOf(c.in[3], "the sizes")
		if len(sizes) != 4 {
			exceptions.Panicf("%d sizes for four axes", len(sizes))
		}
		for i, d := range x.dims {
			scales[i] = float64(sizes[i]) / float64(d)
		}
	default:
		exceptions.Panicf("neither scales nor sizes are given")
	}
	if sizes[0] != x.dims[0] || sizes[1] != x.dims[1] || min(sizes[2], sizes[3]) < 1 || max(sizes[2], sizes[3]) > 1<<15 {
		exceptions.Panicf("from shape %v to %v; legal are other heights and widths from 1 to %d", x.dims, sizes, 1<<15)
	}
	return sizes, scales
}

// resizeWeights returns the matrix [out, in] that resizes an axis.
func (c *call) resizeWeights(in, out int, scale float64) [][]float64 {
	weights := make([][]float64, out)
	for o, window := range c.windows(in, out, scale) {
		weights[o] = make([]float64, in)
		copy(weights[o][window.First:], window.Weights)
	}
	return weights
}

func (c *call) windows(in, out int, scale float64) []resample.Window {
	mode := c.text("mode", "nearest")
	if c.int("exclude_outside", 0) != 0 {
		exceptions.Panicf("exclude_outside is not supported")
	}
	if c.int("antialias", 0) != 0 {
		switch {
		case mode == "linear":
			return resample.Antialiased[float32](in, out, resample.Triangle)
		case mode == "cubic" && c.float("cubic_coeff_a", -0.75) == -0.5:
			return resample.Antialiased[float32](in, out, resample.Cubic)
		}
		exceptions.Panicf("antialias in mode %q; supported are linear, and cubic with cubic_coeff_a -0.5", mode)
	}
	source := c.source(in, out, scale)
	switch mode {
	case "nearest":
		windows := make([]resample.Window, out)
		for o := range windows {
			windows[o] = resample.Window{First: min(max(c.nearest(source(o)), 0), in-1), Weights: []float64{1}}
		}
		return windows
	case "linear", "bilinear":
		return resample.Linear(in, out, source)
	case "cubic":
		if a := c.float("cubic_coeff_a", -0.75); a != -0.75 {
			exceptions.Panicf("cubic_coeff_a is %g; supported is -0.75", a)
		}
		return resample.Bicubic(in, out, source)
	}
	exceptions.Panicf("mode is %q; supported are nearest, linear and cubic", mode)
	return nil
}

// source maps positions of the output to the input's.
func (c *call) source(in, out int, scale float64) resample.Source {
	switch mode := c.text("coordinate_transformation_mode", c.defaultMapping()); mode {
	case "half_pixel":
		return resample.HalfPixel(1 / scale)
	case "pytorch_half_pixel":
		if out == 1 {
			return func(int) float64 { return 0 }
		}
		return resample.HalfPixel(1 / scale)
	case "align_corners":
		return resample.AlignedCorners(in, out)
	case "asymmetric":
		return func(o int) float64 { return float64(o) / scale }
	default:
		exceptions.Panicf("coordinate_transformation_mode is %q; supported are half_pixel, pytorch_half_pixel, align_corners and asymmetric", mode)
		return nil
	}
}

// defaultMapping is how positions are mapped where the file doesn't say.
func (c *call) defaultMapping() string {
	if len(c.in) < 3 { // before operator set 11 there was no choice
		return "asymmetric"
	}
	return "half_pixel"
}

func (c *call) nearest(at float64) int {
	absent := "round_prefer_floor"
	if len(c.in) < 3 {
		absent = "floor"
	}
	switch mode := c.text("nearest_mode", absent); mode {
	case "round_prefer_floor":
		return int(math.Ceil(at - 0.5))
	case "round_prefer_ceil":
		return int(math.Floor(at + 0.5))
	case "floor":
		return int(math.Floor(at))
	case "ceil":
		return int(math.Ceil(at))
	default:
		exceptions.Panicf("nearest_mode is %q; legal are round_prefer_floor, round_prefer_ceil, floor and ceil", mode)
		return 0
	}
}
