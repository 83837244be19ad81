package onnx

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/nn"
)

// spatial are the operators that move windows over pictures.
var spatial = map[string]operator{
	"Conv":              {2, 3, convolution},
	"MaxPool":           {1, 1, maxPool},
	"AveragePool":       {1, 1, averagePool},
	"GlobalAveragePool": {1, 1, globalPool(ReduceMean)},
	"GlobalMaxPool":     {1, 1, globalPool(ReduceMax)},
	"Resize":            {1, 4, resize},
	"Upsample":          {1, 2, resize},
	"DepthToSpace":      {1, 1, depthToSpace},
	"SpaceToDepth":      {1, 1, spaceToDepth},
}

// window is the geometry that convolutions and pooling share; all are height, width.
type window struct {
	kernel, strides, dilations [2]int
	padding                    [2][2]int
}

// window reads a node's geometry for pictures of the given size.
func (c *call) window(kernel []int, height, width int) window {
	out := window{strides: [2]int{1, 1}, dilations: [2]int{1, 1}}
	pair := func(name string, list []int, into *[2]int) {
		if list == nil {
			return
		}
		if len(list) != 2 || list[0] < 1 || list[1] < 1 || list[0] > 1<<15 || list[1] > 1<<15 {
			exceptions.Panicf("%s is %v; wanted are two positive numbers: only two-dimensional networks are supported", name, list)
		}
		*into = [2]int(list)
	}
	pair("kernel_shape", kernel, &out.kernel)
	pair("strides", c.ints("strides"), &out.strides)
	pair("dilations", c.ints("dilations"), &out.dilations)
	switch auto := c.text("auto_pad", "NOTSET"); auto {
	case "NOTSET", "":
		if pads := c.ints("pads"); pads != nil {
			if len(pads) != 4 || min(pads[0], pads[1], pads[2], pads[3]) < 0 || max(pads[0], pads[1], pads[2], pads[3]) > 1<<15 {
				exceptions.Panicf("pads are %v; wanted are four numbers from 0", pads)
			}
			out.padding = [2][2]int{{pads[0], pads[2]}, {pads[1], pads[3]}}
		}
	case "VALID":
	case "SAME_UPPER", "SAME_LOWER":
		for i, size := range [2]int{height, width} {
			count := (size + out.strides[i] - 1) / out.strides[i]
			total := max(0, (count-1)*out.strides[i]+(out.kernel[i]-1)*out.dilations[i]+1-size)
			out.padding[i] = [2]int{total / 2, total - total/2}
			if auto == "SAME_LOWER" {
				out.padding[i] = [2]int{total - total/2, total / 2}
			}
		}
	default:
		exceptions.Panicf("auto_pad is %q; legal are NOTSET, VALID, SAME_UPPER and SAME_LOWER", auto)
	}
	return out
}

func convolution(w *walk, c *call) []*value {
	x, weight := c.input(0), c.input(1)
	if len(x.dims) != 4 || len(weight.dims) != 4 {
		exceptions.Panicf("a kernel of shape %v over %v; wanted are four axes: only two-dimensional networks are supported", weight.dims, x.dims)
	}
	groups := c.int("group", 1)
	if groups < 1 || weight.dims[0]%groups != 0 || weight.dims[1]*groups != x.dims[1] {
		exceptions.Panicf("a kernel of shape %v in %d groups over %d channels", weight.dims, groups, x.dims[1])
	}
	g := c.window(weight.dims[2:], x.dims[2], x.dims[3])
	input, kernel := w.channelsLast(x), w.kernel(weight)
	y := convolve(input, kernel, g, groups)
	if c.has(2) {
		y = Add(y, Reshape(w.first(c.in[2]), 1, 1, 1, weight.dims[0]))
	}
	return []*value{lastValue(y)}
}

// kernel returns a convolution's weight as [height, width, in, out].
func (w *walk) kernel(v *value) *Node {
	if v.kernel {
		return w.any(v)
	}
	return TransposeAllAxes(w.first(v), 2, 3, 1, 0)
}

func convolve(x, kernel *Node, g window, groups int) *Node {
	if g == (window{kernel: [2]int{1, 1}, strides: [2]int{1, 1}, dilations: g.dilations}) && groups == 1 {
		// A matrix product: faster, as is its gradient.
		d, k := x.Shape().Dimensions, kernel.Shape().Dimensions
		return Reshape(MatMul(Reshape(x, -1, d[3]), Reshape(kernel, k[2], k[3])), d[0], d[1], d[2], k[3])
	}
	if g.dilations != [2]int{1, 1} && g.strides != [2]int{1, 1} { // GoMLX has one or the other: the taps are spread by hand
		kernel = Pad(kernel, ScalarZero(kernel.Graph(), kernel.DType()), PadAxis{Interior: g.dilations[0] - 1}, PadAxis{Interior: g.dilations[1] - 1})
		g.dilations = [2]int{1, 1}
	}
	return nn.Convolve2D(x, kernel, nn.ConvOptions{Stride: g.strides, Padding: g.padding, Dilation: g.dilations, Groups: groups})
}

func (c *call) pool(x *value) nn.PoolOptions {
	if len(x.dims) != 4 {
		exceptions.Panicf("pooling of shape %v: only two-dimensional networks are supported", x.dims)
	}
	kernel := c.ints("kernel_shape")
	if kernel == nil {
		exceptions.Panicf("kernel_shape is missing")
	}
	g := c.window(kernel, x.dims[2], x.dims[3])
	if g.dilations != [2]int{1, 1} {
		exceptions.Panicf("dilations %v: pooling with them is not supported", g.dilations)
	}
	return nn.PoolOptions{Kernel: g.kernel, Stride: g.strides, Padding: g.padding, Ceil: c.int("ceil_mode", 0) != 0,
		CountPadding: c.int("count_include_pad", 0) != 0}
}

func maxPool(w *walk, c *call) []*value {
	x := c.input(0)
	return []*value{lastValue(nn.MaxPool2D(w.channelsLast(x), c.pool(x)))}
}

func averagePool(w *walk, c *call) []*value {
	x := c.input(0)
	return []*value{lastValue(nn.AvgPool2D(w.channelsLast(x), c.pool(x)))}
}

func globalPool(reduce func(*Node, ...int) *Node) func(*walk, *call) []*value {
	return func(w *walk, c *call) []*value {
		return []*value{lastValue(ReduceAndKeep(w.channelsLast(c.input(0)), reduce, 1, 2))}
	}
}

// blocks reads the size of the blocks that are moved between space and depth, and the picture's axes.
func (c *call) blocks() (n, batch, channels, height, width int) {
	n, d := c.int("blocksize", 0), c.input(0).dims
	if len(d) != 4 || n < 1 {
		exceptions.Panicf("blocksize %d of shape %v; wanted are four axes and a positive size", n, d)
	}
	return n, d[0], d[1], d[2], d[3]
}

func depthToSpace(w *walk, c *call) []*value {
	n, batch, channels, height, width := c.blocks()
	if channels%(n*n) != 0 {
		exceptions.Panicf("%d channels can't become blocks of %dx%d", channels, n, n)
	}
	x := w.first(c.input(0))
	if c.text("mode", "DCR") == "CRD" {
		x = TransposeAllAxes(Reshape(x, batch, channels/(n*n), n, n, height, width), 0, 1, 4, 2, 5, 3)
	} else {
		x = TransposeAllAxes(Reshape(x, batch, n, n, channels/(n*n), height, width), 0, 3, 4, 1, 5, 2)
	}
	return []*value{nodeValue(Reshape(x, batch, channels/(n*n), height*n, width*n))}
}

func spaceToDepth(w *walk, c *call) []*value {
	n, batch, channels, height, width := c.blocks()
	if height%n != 0 || width%n != 0 {
		exceptions.Panicf("%dx%d can't be split into blocks of %dx%d", width, height, n, n)
	}
	x := TransposeAllAxes(Reshape(w.first(c.input(0)), batch, channels, height/n, n, width/n, n), 0, 3, 5, 1, 2, 4)
	return []*value{nodeValue(Reshape(x, batch, channels*n*n, height/n, width/n))}
}
