package onnx

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/nn"
)

// walk builds the graph of a model, node by node.
type walk struct {
	graph  *Graph
	scope  nn.Scope
	dtype  dtypes.DType // of floats
	opset  int64
	values map[string]*value
	folded int // elements that the host has computed
}

// operator computes a node's outputs. An input that isn't given is nil. It panics where the node makes no sense.
type operator struct {
	fewest, most int // inputs
	build        func(w *walk, c *call) []*value
}

// call is a node with the values of its inputs.
type call struct {
	*node
	in []*value
}

// operators are all that are known, by name. See the op_*.go files.
var operators map[string]operator

func init() {
	operators = map[string]operator{}
	for _, table := range []map[string]operator{elementwise, spatial, normalisations, reductions, shaping, products} {
		for name, o := range table {
			operators[name] = o
		}
	}
}

const many = math.MaxInt

// run computes one node and stores its outputs.
func (w *walk) run(n *node) {
	err := exceptions.TryCatch[error](func() {
		c := &call{node: n}
		for _, name := range n.inputs {
			c.in = append(c.in, w.values[name]) // nil for ""
		}
		out := operators[n.op].build(w, c)
		for i, name := range n.outputs {
			switch {
			case i < len(out):
				w.values[name] = out[i]
				w.count(out[i])
			case name != "":
				exceptions.Panicf("output %d (%q) is not supported", i, name)
			}
		}
	})
	if err != nil {
		panic(fmt.Errorf("%s: %w", n, err))
	}
}

// maxFoldedInAll bounds what the host computes for a whole model, and with it the time that opening a file takes.
const maxFoldedInAll = 1 << 26

func (w *walk) count(v *value) {
	if v.known == nil {
		return
	}
	if w.folded += v.known.size(); w.folded > maxFoldedInAll {
		exceptions.Panicf("more than %d elements are computed on the host: this is no classifier of pictures", maxFoldedInAll)
	}
}

// input returns an input that must be given.
func (c *call) input(i int) *value {
	if !c.has(i) {
		exceptions.Panicf("input %d is missing", i)
	}
	return c.in[i]
}

// has reports whether an optional input is given.
func (c *call) has(i int) bool { return i < len(c.in) && c.in[i] != nil }

func (c *call) attribute(name string, kind int64) (attribute, bool) {
	a, has := c.attributes[name]
	if has && a.kind != kind {
		exceptions.Panicf("attribute %q has type %d; wanted is %d", name, a.kind, kind)
	}
	return a, has
}

func (c *call) int(name string, absent int) int {
	if a, has := c.attribute(name, kindInt); has {
		return int(a.i)
	}
	return absent
}

func (c *call) float(name string, absent float64) float64 {
	if a, has := c.attribute(name, kindFloat); has {
		return float64(a.f)
	}
	return absent
}

func (c *call) text(name, absent string) string {
	if a, has := c.attribute(name, kindString); has {
		return a.s
	}
	return absent
}

// ints returns nil where the attribute isn't given.
func (c *call) ints(name string) []int {
	a, has := c.attribute(name, kindInts)
	if !has {
		return nil
	}
	out := make([]int, len(a.ints))
	for i, v := range a.ints {
		out[i] = int(v)
	}
	return out
}

// intsFrom returns integers that are an input of newer operator sets and an attribute of older ones.
func (w *walk) intsFrom(c *call, input int, name string) []int {
	if c.has(input) {
		return w.intsOf(c.in[input], name)
	}
	return c.ints(name)
}

// axis brings an axis that may count from the end to 0..rank-1.
func axis(a, rank int) int {
	if a < -rank || a >= rank {
		exceptions.Panicf("axis %d of a tensor with %d axes", a, rank)
	}
	return (a + rank) % rank
}

// axes is axis for a list, which must name none twice.
func axes(list []int, rank int) []int {
	out := make([]int, len(list))
	seen := map[int]bool{}
	for i, a := range list {
		out[i] = axis(a, rank)
		if seen[out[i]] {
			exceptions.Panicf("axis %d is named twice in %v", out[i], list)
		}
		seen[out[i]] = true
	}
	return out
}
