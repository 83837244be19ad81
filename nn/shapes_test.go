package nn_test

import (
	"reflect"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/internal/golden"
	"otherwise/nn"
)

func TestShapesAreThoseOfFiles(t *testing.T) {
	got, err := nn.Shapes(golden.Backend(t), func(s nn.Scope, a []*Node) {
		h := nn.Conv2D(s.Sub("conv"), a[0], 5, 3)
		nn.Linear(s.Sub("out"), h, 7)
	}, shapes.Make(dtypes.Float32, 1, 4, 4, 2))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]int{"conv.weight": {5, 2, 3, 3}, "conv.bias": {5}, "out.weight": {7, 5}, "out.bias": {7}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := nn.Shapes(golden.Backend(t), func(s nn.Scope, a []*Node) {
		nn.GroupNorm(s, a[0], 3, 1e-5)
	}, shapes.Make(dtypes.Float32, 1, 4, 4, 2)); err == nil {
		t.Error("a network that cannot be built was described")
	}
}
