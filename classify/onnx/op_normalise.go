package onnx

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// normalisations are the operators that shift and scale by statistics, and softmax.
var normalisations = map[string]operator{
	"BatchNormalization":    {5, 5, batchNorm},
	"InstanceNormalization": {3, 3, instanceNorm},
	"GroupNormalization":    {3, 3, groupNorm},
	"LayerNormalization":    {2, 3, layerNorm},
	"Softmax":               {1, 1, softmax(Softmax)},
	"LogSoftmax":            {1, 1, softmax(LogSoftmax)},
}

// perChannel reshapes a vector so that it goes along the channels of a value: axis 1 in ONNX's order.
func (w *walk) perChannel(vector *value, of *value) *Node {
	if len(of.dims) < 2 || len(vector.dims) != 1 || vector.dims[0] != of.dims[1] {
		exceptions.Panicf("a parameter of shape %v for the channels of %v", vector.dims, of.dims)
	}
	dims := make([]int, len(of.dims))
	for i := range dims {
		dims[i] = 1
	}
	dims[stored(1, of.last)] = of.dims[1]
	return Reshape(w.first(vector), dims...)
}

func batchNorm(w *walk, c *call) []*value {
	if c.int("training_mode", 0) != 0 {
		exceptions.Panicf("training_mode is on: export the model in evaluation mode")
	}
	x := c.input(0)
	node := w.plain(x)
	scale, shift, mean, variance := w.perChannel(c.input(1), x), w.perChannel(c.input(2), x), w.perChannel(c.input(3), x), w.perChannel(c.input(4), x)
	factor := Div(scale, Sqrt(AddScalar(variance, c.float("epsilon", 1e-5))))
	return []*value{x.like(Add(Mul(Sub(node, mean), factor), shift))}
}

// normalise subtracts the mean over axes and divides by the standard deviation.
func normalise(x *Node, epsilon float64, axes ...int) *Node {
	x = Sub(x, ReduceAndKeep(x, ReduceMean, axes...))
	return Div(x, Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, axes...), epsilon)))
}

func instanceNorm(w *walk, c *call) []*value {
	x := c.input(0)
	var positions []int
	for axis := 2; axis < len(x.dims); axis++ {
		positions = append(positions, stored(axis, x.last))
	}
	if positions == nil {
		exceptions.Panicf("shape %v has no positions to normalise over", x.dims)
	}
	y := normalise(w.plain(x), c.float("epsilon", 1e-5), positions...)
	return []*value{x.like(Add(Mul(y, w.perChannel(c.input(1), x)), w.perChannel(c.input(2), x)))}
}

func groupNorm(w *walk, c *call) []*value {
	x, groups := c.input(0), c.int("num_groups", 0)
	if len(x.dims) < 3 || groups < 1 || x.dims[1]%groups != 0 {
		exceptions.Panicf("%d groups of the channels of %v", groups, x.dims)
	}
	y := Reshape(w.first(x), x.dims[0], groups, -1)
	y = normalise(y, c.float("epsilon", 1e-5), 2)
	scale, shift := c.input(1), c.input(2)
	if w.opset < 21 { // scale and shift were those of a group
		each := &value{kind: float, dims: y.Shape().Dimensions}
		y = Add(Mul(y, w.perChannel(scale, each)), w.perChannel(shift, each))
		return []*value{nodeValue(Reshape(y, x.dims...))}
	}
	out := nodeValue(Reshape(y, x.dims...))
	return []*value{out.like(Add(Mul(out.node, w.perChannel(scale, out)), w.perChannel(shift, out)))}
}

func layerNorm(w *walk, c *call) []*value {
	x := c.input(0)
	from := axis(c.int("axis", -1), len(x.dims))
	var over []int
	for a := from; a < len(x.dims); a++ {
		over = append(over, a)
	}
	y := nodeValue(normalise(w.first(x), c.float("epsilon", 1e-5), over...))
	y = w.pair(y, c.input(1), float, nil, Mul)
	if c.has(2) {
		y = w.pair(y, c.in[2], float, nil, Add)
	}
	return []*value{y}
}

// softmax works along one axis since operator set 13, and before over all from the given one on.
func softmax(f func(*Node, ...int) *Node) func(*walk, *call) []*value {
	return func(w *walk, c *call) []*value {
		x := c.input(0)
		var over []int
		if w.opset >= 13 {
			over = []int{axis(c.int("axis", -1), len(x.dims))}
		} else {
			for a := axis(c.int("axis", 1), len(x.dims)); a < len(x.dims); a++ {
				over = append(over, a)
			}
		}
		for i, a := range over {
			over[i] = stored(a, x.last)
		}
		return []*value{x.like(f(w.plain(x), over...))}
	}
}
