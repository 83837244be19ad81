package nn

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Shapes lists the parameters that a network asks for, by name, with their dimensions in the layout of files: kernels
// are [out, in, height, width]. As in [Create], build is run on a graph that is thrown away, with arguments of the
// given shapes.
func Shapes(backend compute.Backend, build func(s Scope, args []*Node), args ...shapes.Shape) (map[string][]int, error) {
	specs, err := describe(backend, build, args)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]int, len(specs))
	for name, s := range specs {
		out[name] = s.dims
		if len(s.dims) == 4 {
			out[name] = []int{s.dims[3], s.dims[2], s.dims[0], s.dims[1]}
		}
	}
	return out, nil
}

// describe collects what a network asks for.
func describe(backend compute.Backend, build func(s Scope, args []*Node), args []shapes.Shape) (map[string]spec, error) {
	g := NewGraph(backend, "describe")
	defer g.Finalize()
	d := &described{g: g, specs: map[string]spec{}, nodes: map[string]*Node{}}
	err := exceptions.TryCatch[error](func() {
		nodes := make([]*Node, len(args))
		for i, shape := range args {
			nodes[i] = Parameter(g, fmt.Sprintf("arg%d", i), shape)
		}
		build(Scope{source: d}, nodes)
	})
	return d.specs, err
}
