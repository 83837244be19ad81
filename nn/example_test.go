package nn_test

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/kernel"
	"otherwise/nn"
)

// A network is a function; its parameters get names from the scopes they are asked for in, and a program is compiled once for each
// shape of arguments.
func ExampleProgram() {
	network := func(s nn.Scope, x *Node) *Node {
		h := nn.SiLU(nn.Conv2D(s.Sub("conv"), x, 4, 3))
		return nn.Linear(s.Sub("head"), ReduceMean(h, 1, 2), 2)
	}
	backend := kernel.Must(kernel.Backend())
	params := kernel.Must(nn.Create(backend, 1, func(s nn.Scope, args []*Node) { network(s, args[0]) },
		shapes.Make(dtypes.Float32, 1, 8, 8, 1)))
	fmt.Println(params.Names())

	program := nn.NewProgram(backend, "score and its gradient", func(nets []nn.Scope, args []*Node) []*Node {
		score := ReduceAllSum(network(nets[0], args[0]))
		return []*Node{score, Gradient(score, args[0])[0]}
	})
	out := kernel.Must(program.Call([]*nn.Params{params}, tensors.FromShape(shapes.Make(dtypes.Float32, 3, 8, 8, 1))))
	defer nn.Free(out...)
	fmt.Println(out[0].Shape().Dimensions, out[1].Shape().Dimensions)
	// Output:
	// [conv.bias conv.weight head.bias head.weight]
	// [] [3 8 8 1]
}
