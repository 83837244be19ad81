package onnx

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// reductions are the operators that make axes one or drop them.
var reductions = map[string]operator{
	"ReduceMean": {1, 2, reduction(fold(0, func(a, b float64) float64 { return a + b }, true), ReduceMean)},
	"ReduceSum":  {1, 2, reduction(fold(0, func(a, b float64) float64 { return a + b }, false), ReduceSum)},
	"ReduceMax":  {1, 2, reduction(fold(math.Inf(-1), math.Max, false), ReduceMax)},
	"ReduceMin":  {1, 2, reduction(fold(math.Inf(1), math.Min, false), ReduceMin)},
	"ReduceProd": {1, 2, reduction(fold(1, func(a, b float64) float64 { return a * b }, false), ReduceMultiply)},
	"ReduceL2": {1, 2, reduction(nil, func(x *Node, axes ...int) *Node {
		return Sqrt(ReduceSum(Square(x), axes...))
	})},
	"ArgMax": {1, 1, argMax},
}

// fold is a reduction on the host.
func fold(start float64, step func(a, b float64) float64, mean bool) func([]float64) float64 {
	return func(values []float64) float64 {
		out := start
		for _, v := range values {
			out = step(out, v)
		}
		if mean {
			out /= float64(len(values))
		}
		return out
	}
}

func reduction(host func([]float64) float64, node func(*Node, ...int) *Node) func(*walk, *call) []*value {
	return func(w *walk, c *call) []*value {
		x := c.input(0)
		over := axes(w.intsFrom(c, 1, "axes"), len(x.dims))
		if len(over) == 0 {
			if c.int("noop_with_empty_axes", 0) != 0 {
				return []*value{x}
			}
			for a := range x.dims {
				over = append(over, a)
			}
		}
		keep := c.int("keepdims", 1) != 0
		if x.known != nil && host != nil {
			return []*value{knownValue(reduceKnown(x.known, over, keep, host))}
		}
		return []*value{w.reduce(x, over, keep, node)}
	}
}

func (w *walk) reduce(x *value, over []int, keep bool, f func(*Node, ...int) *Node) *value {
	// Without the axes that a layout moves, or with all in their places, the layouts don't differ.
	last := x.last && (keep || slices.Contains(over, 1) || slices.Contains(over, 2) && slices.Contains(over, 3))
	n := w.first(x)
	if last {
		n = w.any(x)
	}
	at := make([]int, len(over))
	for i, a := range over {
		at[i] = stored(a, last)
	}
	if keep {
		return valueOf(ReduceAndKeep(n, f, at...), last)
	}
	return nodeValue(f(n, at...))
}

func reduceKnown(x *constant, over []int, keep bool, f func([]float64) float64) *constant {
	kept := slices.Clone(x.dims)
	for _, a := range over {
		kept[a] = 1
	}
	groups := make([][]float64, size(kept))
	index := make([]int, len(x.dims))
	for i := range x.size() {
		at := broadcastFlat(index, kept)
		groups[at] = append(groups[at], x.get(i))
		advance(index, x.dims)
	}
	out := newConstant(x.kind, kept)
	for i, g := range groups {
		if len(g) == 0 {
			exceptions.Panicf("a reduction of an empty tensor")
		}
		out.set(i, f(g))
	}
	if !keep {
		out.dims = without(kept, over)
	}
	return out
}

// without drops axes.
func without(dims, axes []int) []int {
	var out []int
	for a, d := range dims {
		if !slices.Contains(axes, a) {
			out = append(out, d)
		}
	}
	return out
}

func argMax(w *walk, c *call) []*value {
	x := c.input(0)
	a := axis(c.int("axis", 0), len(x.dims))
	if c.int("select_last_index", 0) != 0 {
		exceptions.Panicf("select_last_index is not supported")
	}
	y := ArgMax(w.first(x), a, dtypes.Int64)
	if c.int("keepdims", 1) != 0 {
		y = InsertAxes(y, a)
	}
	return []*value{nodeValue(y)}
}
