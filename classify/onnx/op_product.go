package onnx

import (
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// products are the matrix products.
var products = map[string]operator{
	"MatMul": {2, 2, matMul},
	"Gemm":   {2, 3, gemm},
	"Einsum": {2, 2, einsum},
}

func matMul(w *walk, c *call) []*value {
	a, b := c.input(0), c.input(1)
	if len(a.dims) == 0 || len(b.dims) == 0 {
		exceptions.Panicf("a product with a scalar")
	}
	x, y := w.first(a), w.first(b)
	if len(a.dims) == 1 {
		x = Reshape(x, 1, a.dims[0])
	}
	if len(b.dims) == 1 {
		y = Reshape(y, b.dims[0], 1)
	}
	d, e := x.Shape().Dimensions, y.Shape().Dimensions
	rows, inner, columns := d[len(d)-2], d[len(d)-1], e[len(e)-1]
	if e[len(e)-2] != inner {
		exceptions.Panicf("a product of shapes %v and %v", a.dims, b.dims)
	}
	batch := broadcast(d[:len(d)-2], e[:len(e)-2])
	if size(e[:len(e)-2]) == 1 { // one matrix for all: a single large product, and so is its gradient
		x = DotGeneral(Reshape(x, -1, inner), []int{1}, nil, Reshape(y, inner, columns), []int{0}, nil)
	} else {
		x = Reshape(spreadBatch(x, batch), size(batch), rows, inner)
		y = Reshape(spreadBatch(y, batch), size(batch), inner, columns)
		x = DotGeneral(x, []int{2}, []int{0}, y, []int{1}, []int{0})
	}
	out := slices.Clone(batch)
	if len(a.dims) > 1 {
		out = append(out, rows)
	}
	if len(b.dims) > 1 {
		out = append(out, columns)
	}
	return []*value{nodeValue(Reshape(x, out...))}
}

// spreadBatch broadcasts all but the last two axes of a node.
func spreadBatch(x *Node, batch []int) *Node {
	d := x.Shape().Dimensions
	n := len(d) - 2
	dims := append(slices.Repeat([]int{1}, len(batch)-n), d...)
	return BroadcastToDims(Reshape(x, dims...), append(slices.Clone(batch), d[n:]...)...)
}

func gemm(w *walk, c *call) []*value {
	a, b := c.input(0), c.input(1)
	if len(a.dims) != 2 || len(b.dims) != 2 {
		exceptions.Panicf("a product of shapes %v and %v; wanted are matrices", a.dims, b.dims)
	}
	inner, other := 1, 0
	if c.int("transA", 0) != 0 {
		inner = 0
	}
	if c.int("transB", 0) != 0 {
		other = 1
	}
	if a.dims[inner] != b.dims[other] {
		exceptions.Panicf("a product of shapes %v and %v (transA %d, transB %d)", a.dims, b.dims, 1-inner, other)
	}
	y := DotGeneral(w.first(a), []int{inner}, nil, w.first(b), []int{other}, nil)
	if alpha := c.float("alpha", 1); alpha != 1 {
		y = MulScalar(y, alpha)
	}
	out := nodeValue(y)
	if c.has(2) {
		shift := c.in[2]
		if beta := c.float("beta", 1); beta != 1 {
			shift = w.each(shift, func(x float64) float64 { return x * beta }, func(x *Node) *Node { return MulScalar(x, beta) })[0]
		}
		out = w.pair(out, shift, float, nil, Add)
	}
	return []*value{out}
}

// einsum is a product of two tensors whose axes are named by letters.
func einsum(w *walk, c *call) []*value {
	equation := strings.ReplaceAll(c.text("equation", ""), " ", "")
	if !strings.Contains(equation, "->") || strings.Contains(equation, "...") {
		exceptions.Panicf("equation %q; supported are those that name all axes and the output's", equation)
	}
	return []*value{nodeValue(Einsum(equation, w.first(c.input(0)), w.first(c.input(1))))}
}
