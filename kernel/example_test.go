package kernel_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/kernel"
)

// A graph on the backend that notebooks and programs share: an engine's where there is one, else in this process.
func Example() {
	backend := kernel.Must(kernel.Backend())
	double := kernel.Must(graph.NewExec(backend, func(x *graph.Node) *graph.Node { return graph.MulScalar(x, 2) }))
	out := kernel.Must(double.Call1([]float32{1, 2, 3}))
	fmt.Println(out.Value())
	// Output: [2 4 6]
}

// Tensors kept under a name are there for later cells.
func ExampleKeep() {
	kernel.Check(kernel.Keep("example/weights", kernel.Tensors{"w": tensors.FromValue([]float32{1, 2})}))
	fmt.Println(kernel.Must(kernel.Kept("example/weights"))["w"].Value())
	// Output: [1 2]
}
