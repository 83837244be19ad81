package resident_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

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
