package onnx

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/support/exceptions"
)

// kind is how elements are kept.
type kind int

const (
	float   kind = iota // 32 bits
	integer             // 64 bits
	boolean             // 0 and 1
)

// constant is a tensor whose values are known while a graph is built, row-major.
type constant struct {
	kind   kind
	dims   []int
	floats []float32 // of kind float
	ints   []int64   // of the others
}

// maxFolded bounds how large a tensor the host computes; what is folded describes shapes, or is a table of positions.
const maxFolded = 1 << 22

// newConstant makes a constant of zeros.
func newConstant(k kind, dims []int) *constant {
	n := size(dims)
	if n > maxFolded {
		exceptions.Panicf("a constant of shape %v is too large to be computed on the host (at most %d elements)", dims, maxFolded)
	}
	c := &constant{kind: k, dims: slices.Clone(dims)}
	if k == float {
		c.floats = make([]float32, n)
	} else {
		c.ints = make([]int64, n)
	}
	return c
}

func integers(values ...int) *constant {
	c := newConstant(integer, []int{len(values)})
	for i, v := range values {
		c.ints[i] = int64(v)
	}
	return c
}

// size is the number of elements of a shape. A shape that doesn't fit into memory is refused.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		if d < 0 || (d > 0 && n > math.MaxInt32/d) {
			exceptions.Panicf("a tensor of shape %v; legal are up to %d elements", dims, math.MaxInt32)
		}
		n *= d
	}
	return n
}

func (c *constant) size() int { return len(c.floats) + len(c.ints) }

// get and set read and write an element as a float64, which holds the integers of shapes exactly. The extreme ones
// that stand for "to the end" are read by [constant.ints] itself.
func (c *constant) get(i int) float64 {
	if c.kind == float {
		return float64(c.floats[i])
	}
	return float64(c.ints[i])
}

func (c *constant) set(i int, v float64) {
	switch c.kind {
	case float:
		c.floats[i] = float32(v)
	case integer:
		c.ints[i] = whole(v)
	default:
		c.ints[i] = truth(v != 0)
	}
}

// whole cuts a number to an integer, as Cast does; what no integer can hold becomes the nearest that is.
func whole(v float64) int64 {
	switch {
	case math.IsNaN(v):
		return 0
	case v >= math.MaxInt64:
		return math.MaxInt64
	case v <= math.MinInt64:
		return math.MinInt64
	}
	return int64(v)
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// take makes a constant of the given shape whose element at each index is one of c's.
func (c *constant) take(dims []int, from func(index []int) int) *constant {
	out := newConstant(c.kind, dims)
	index := make([]int, len(dims))
	for i := range out.size() {
		at := from(index)
		if c.kind == float {
			out.floats[i] = c.floats[at]
		} else {
			out.ints[i] = c.ints[at]
		}
		advance(index, dims)
	}
	return out
}

// advance moves an index on by one, row-major.
func advance(index, dims []int) {
	for axis := len(dims) - 1; axis >= 0; axis-- {
		if index[axis]++; index[axis] < dims[axis] {
			return
		}
		index[axis] = 0
	}
}

// flat is the place of an index in a row-major tensor.
func flat(index, dims []int) int {
	at := 0
	for axis, d := range dims {
		at = at*d + index[axis]
	}
	return at
}

// broadcastFlat is flat for a tensor that is broadcast to the rank of the index.
func broadcastFlat(index, dims []int) int {
	at, skip := 0, len(index)-len(dims)
	for axis, d := range dims {
		if at *= d; d > 1 {
			at += index[skip+axis]
		}
	}
	return at
}

// broadcast is the shape that tensors of the given shapes are brought to before an operation on each element.
func broadcast(shapes ...[]int) []int {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out := make([]int, rank)
	for axis := range out {
		out[axis] = 1
		for _, s := range shapes {
			at := axis - rank + len(s)
			if at < 0 || s[at] == 1 {
				continue
			}
			if out[axis] != 1 && out[axis] != s[at] {
				exceptions.Panicf("shapes %v can't be broadcast to one", shapes)
			}
			out[axis] = s[at]
		}
	}
	return out
}
