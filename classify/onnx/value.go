package onnx

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/nn"
)

// value is a tensor of the walk: known on the host, a parameter, or a node of the graph.
type value struct {
	kind kind
	dims []int // as ONNX has them: [batch, channels, height, width]

	known *constant // nil where the values depend on the picture, or are many
	param string    // the parameter's name, until a node is made of it
	// kernel says that the parameter is kept [height, width, in, out] rather than [out, in, height, width].
	kernel bool

	node *Node
	// last says that the node has the channels last: [batch, height, width, channels].
	last bool
}

func knownValue(c *constant) *value { return &value{kind: c.kind, dims: c.dims, known: c} }

// nodeValue is a value of a node in ONNX's order of axes.
func nodeValue(n *Node) *value {
	return &value{kind: kindOfNode(n), dims: slices.Clone(n.Shape().Dimensions), node: n}
}

// lastValue is a value of a node with the channels last.
func lastValue(n *Node) *value {
	d := n.Shape().Dimensions
	return &value{kind: kindOfNode(n), dims: []int{d[0], d[3], d[1], d[2]}, node: n, last: true}
}

func kindOfNode(n *Node) kind {
	switch {
	case n.DType() == dtypes.Bool:
		return boolean
	case n.DType().IsFloat():
		return float
	}
	return integer
}

// like is a value of a node with the same axes and layout as v.
func (v *value) like(n *Node) *value {
	return &value{kind: kindOfNode(n), dims: v.dims, node: n, last: v.last}
}

// any returns the value's node in the layout that it has.
func (w *walk) any(v *value) *Node {
	if v.node != nil {
		return v.node
	}
	switch {
	case v.param != "":
		dims := v.dims
		if v.kernel {
			dims = []int{dims[2], dims[3], dims[1], dims[0]}
		}
		v.node = w.scope.Param(v.param, nn.Constant(0), dims...)
		if v.kernel {
			return v.node
		}
	case v.known.kind == float:
		v.node = ConvertDType(ConstTensor(w.graph, tensors.FromFlatDataAndDimensions(v.known.floats, v.dims...)), w.dtype)
	case v.known.kind == integer:
		v.node = ConstTensor(w.graph, tensors.FromFlatDataAndDimensions(v.known.ints, v.dims...))
	default:
		truths := make([]bool, len(v.known.ints))
		for i, t := range v.known.ints {
			truths[i] = t != 0
		}
		v.node = ConstTensor(w.graph, tensors.FromFlatDataAndDimensions(truths, v.dims...))
	}
	return v.node
}

// first returns the value's node in ONNX's order of axes.
func (w *walk) first(v *value) *Node {
	n := w.any(v)
	if v.kernel {
		return TransposeAllAxes(n, 3, 2, 0, 1)
	}
	if v.last {
		return TransposeAllAxes(n, 0, 3, 1, 2)
	}
	return n
}

// channelsLast returns the node of a value of four axes as [batch, height, width, channels].
func (w *walk) channelsLast(v *value) *Node {
	if len(v.dims) != 4 {
		exceptions.Panicf("pictures of shape %v; wanted are four axes: only two-dimensional networks are supported", v.dims)
	}
	if n := w.any(v); v.last {
		return n
	}
	return TransposeAllAxes(w.first(v), 0, 2, 3, 1)
}

// agree returns the nodes of values in one layout: channels last where one of them is.
func (w *walk) agree(values []*value) (nodes []*Node, last bool) {
	last = slices.ContainsFunc(values, func(v *value) bool { return v.last })
	for _, v := range values {
		if last {
			nodes = append(nodes, w.channelsLast(v))
		} else {
			nodes = append(nodes, w.first(v))
		}
	}
	return nodes, last
}

// stored is the axis of a node at which ONNX's axis lies.
func stored(axis int, last bool) int {
	if !last {
		return axis
	}
	return [4]int{0, 3, 1, 2}[axis]
}

// valueOf wraps a node in the given layout.
func valueOf(n *Node, last bool) *value {
	if last {
		return lastValue(n)
	}
	return nodeValue(n)
}

// aligned returns the nodes of values that are to be combined element by element, with axes of size 1 added in front
// so that all have one rank.
func (w *walk) aligned(values []*value) (nodes []*Node, last bool) {
	rank := 0
	for _, v := range values {
		rank = max(rank, len(v.dims))
		last = last || v.last
	}
	last = last && rank == 4
	for _, v := range values {
		n := v
		if len(v.dims) < rank && len(v.dims) > 0 {
			dims := slices.Repeat([]int{1}, rank)
			copy(dims[rank-len(v.dims):], v.dims)
			n = nodeValue(Reshape(w.first(v), dims...))
		}
		switch {
		case len(v.dims) == 0:
			nodes = append(nodes, w.any(v))
		case last:
			nodes = append(nodes, w.channelsLast(n))
		default:
			nodes = append(nodes, w.first(n))
		}
	}
	return nodes, last
}

// constants returns values that must be known on the host, such as a shape.
func (w *walk) constants(v *value, what string) *constant {
	if v.known == nil {
		exceptions.Panicf("%s depends on the picture's values or is a large tensor: only models whose shapes follow from their inputs' shapes are supported", what)
	}
	return v.known
}

// intsOf returns known integers.
func (w *walk) intsOf(v *value, what string) []int {
	c := w.constants(v, what)
	out := make([]int, c.size())
	for i := range out {
		if c.kind == float {
			exceptions.Panicf("%s has floats for integers", what)
		}
		out[i] = int(c.ints[i])
	}
	return out
}

// scalar returns a known single number.
func (w *walk) scalar(v *value, what string) float64 {
	c := w.constants(v, what)
	if c.size() != 1 {
		exceptions.Panicf("%s has shape %v; wanted is a single number", what, c.dims)
	}
	return c.get(0)
}
