package resident_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"otherwise/kernel/engine"
)

func TestReductionWithoutAxesIsOfAll(t *testing.T) {
	b := connect(t, startEngine(t, engine.Options{}))
	for name, reduce := range map[string]func(compute.Function, compute.Value) (compute.Value, error){
		"sum":      func(f compute.Function, x compute.Value) (compute.Value, error) { return f.ReduceSum(x) },
		"max":      func(f compute.Function, x compute.Value) (compute.Value, error) { return f.ReduceMax(x) },
		"product":  func(f compute.Function, x compute.Value) (compute.Value, error) { return f.ReduceProduct(x) },
		"one axis": func(f compute.Function, x compute.Value) (compute.Value, error) { return f.ReduceSum(x, 0) },
	} {
		builder := b.Builder("reduction")
		f := builder.Main()
		x, err := f.Parameter("x", shapes.Make(dtypes.Float32, 3), nil)
		if err != nil {
			t.Fatal(err)
		}
		y, err := reduce(f, x)
		if err != nil {
			t.Fatal(err)
		}
		shape, err := builder.OpShape(y)
		if err != nil || !shape.IsScalar() {
			t.Errorf("%s: got shape %v, %v; want a scalar", name, shape, err)
		}
	}
}

// XLA's backend has While, but doesn't say so.
func TestLoopThatTheBackendDoesNotList(t *testing.T) {
	e, err := graph.NewExec(connect(t, startEngine(t, engine.Options{})), func(x *graph.Node) *graph.Node {
		g := x.Graph()
		cond := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
			x := graph.Parameter(g, "x", shapes.Make(dtypes.Float32))
			return []*graph.Node{graph.LessThan(x, graph.Scalar(g, dtypes.Float32, 100))}
		})
		body := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
			x := graph.Parameter(g, "x", shapes.Make(dtypes.Float32))
			return []*graph.Node{graph.MulScalar(x, 2)}
		})
		return graph.While(cond, body, x)[0]
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Call(float32(3))
	if err != nil {
		t.Fatal(err)
	}
	if got := out[0].Value(); got != float32(192) {
		t.Errorf("3 doubled until it is 100 or more is %v, want 192", got)
	}
}
