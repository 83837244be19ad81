package nn

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Scope gives graph code the parameters of one network, below a name prefix. Asking for a parameter that is missing or
// has another shape ends the building of the graph with an error that names it.
type Scope struct {
	source source
	prefix string
	dtype  dtypes.DType                 // what parameters are converted to; see [Scope.In]
	see    func(module string, x *Node) // see [Scope.Watch]
}

// source is where a scope's parameters come from: the values of a network, or nothing yet when a new network is
// being described.
type source interface {
	param(name string, init Init, dims []int) *Node
	has(name string) bool
}

// Sub returns the scope below the given name: s.Sub("conv1").Param("weight", ...) is parameter "conv1.weight".
func (s Scope) Sub(name string) Scope {
	s.prefix = s.path(name) + "."
	return s
}

// Has reports whether the network has the given parameter; a network that is being made has all it asks for.
func (s Scope) Has(name string) bool { return s.source.has(s.path(name)) }

// Param returns a parameter of the given dimensions. The initial value matters only for new networks (see [Create]).
func (s Scope) Param(name string, init Init, dims ...int) *Node {
	value := s.source.param(s.path(name), init, dims)
	if s.dtype == dtypes.InvalidDType {
		return Cast(value, dtypes.Float32)
	}
	return Cast(value, s.dtype)
}

func (s Scope) path(name string) string { return s.prefix + name }

// bound is a source that makes the values of one network inputs of an executable, each once.
type bound struct {
	exe    *executable
	net    int
	params *Params
	nodes  map[string]*Node
}

func (b *bound) has(name string) bool { return b.params.Get(name) != nil }

func (b *bound) param(name string, _ Init, dims []int) *Node {
	if node, found := b.nodes[name]; found {
		return node
	}
	value := b.params.Get(name)
	if value == nil {
		exceptions.Panicf("the network has no parameter %q (wanted with shape %v): "+
			"the weights don't fit the configuration", name, dims)
	}
	if !slices.Equal(value.Shape().Dimensions, dims) {
		exceptions.Panicf("parameter %q has shape %v, the configuration wants %v", name, value.Shape().Dimensions, dims)
	}
	node := Parameter(b.exe.graph, fmt.Sprintf("net%d/%s", b.net, name), value.Shape())
	b.nodes[name] = node
	b.exe.weights = append(b.exe.weights, weightInput{net: b.net, name: name, node: node})
	return node
}

// described is a source that records what a network asks for.
type described struct {
	g     *Graph
	specs map[string]spec
	nodes map[string]*Node
}

type spec struct {
	init Init
	dims []int
}

func (d *described) has(string) bool { return true }

func (d *described) param(name string, init Init, dims []int) *Node {
	if node, found := d.nodes[name]; found {
		return node
	}
	node := Parameter(d.g, name, shapes.Make(dtypes.Float32, dims...))
	d.nodes[name] = node
	d.specs[name] = spec{init: init, dims: slices.Clone(dims)}
	return node
}

// Used returns the parameters that the graph has asked for so far, in that order, to differentiate by.
func (s Scope) Used() (names []string, nodes []*Node) {
	b, ok := s.source.(*bound)
	if !ok {
		return nil, nil
	}
	for _, w := range b.exe.weights {
		if w.net == b.net {
			names, nodes = append(names, w.name), append(nodes, w.node)
		}
	}
	return names, nodes
}
