package nn_test

import (
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

func matrix(rows, columns int, values ...float32) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, rows, columns)
}

// A layer that the adapter has is x (W + scale B A)^T + b, another stays as it is.
func TestAdaptedAddsLowRankMatrices(t *testing.T) {
	base, adapter := nn.NewParams(), nn.NewParams()
	for _, layer := range []string{"q", "v"} {
		base.Set(layer+".weight", matrix(2, 3, 1, 0, 0, 0, 1, 0))
		base.Set(layer+".bias", tensors.FromFlatDataAndDimensions([]float32{10, 20}, 2))
	}
	adapter.Set("q"+nn.AdapterA, matrix(1, 3, 1, 2, 3))
	adapter.Set("q"+nn.AdapterB, matrix(2, 1, 4, -1))
	program := nn.NewProgram(golden.Backend(t), "adapted", func(s []nn.Scope, a []*Node) []*Node {
		scope := s[0].Adapted(s[1], 1, 0.5)
		q := nn.Linear(scope.Sub("q"), a[0], 2)
		names, nodes := s[1].Used()
		if strings.Join(names, " ") != "q"+nn.AdapterA+" q"+nn.AdapterB {
			t.Errorf("parameters to train: %v", names)
		}
		return append([]*Node{q, nn.Linear(scope.Sub("v"), a[0], 2)}, Gradient(ReduceAllSum(q), nodes...)...)
	})
	out, err := program.Call([]*nn.Params{base, adapter}, matrix(1, 3, 1, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float32{
		{1 + 0.5*6*4 + 10, 1 + 0.5*6*-1 + 20}, // x A^T is 6
		{11, 21},
		{1.5, 1.5, 1.5}, // by A: scale * (4 - 1) * x
		{3, 3},          // by B: scale * 6
	} {
		golden.Near(t, "result", tensors.MustCopyFlatData[float32](out[i]), want, 1e-6)
	}
}

func TestAdaptedRefusesKernels(t *testing.T) {
	base, adapter := nn.NewParams(), nn.NewParams()
	base.Set("conv.weight", tensors.FromFlatDataAndDimensions([]float32{1}, 1, 1, 1, 1))
	adapter.Set("conv"+nn.AdapterA, matrix(1, 1, 1))
	_, err := nn.NewProgram(golden.Backend(t), "adapted", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{nn.Conv2D(s[0].Adapted(s[1], 1, 1).Sub("conv"), a[0], 1, 1)}
	}).Call([]*nn.Params{base, adapter}, tensors.FromFlatDataAndDimensions([]float32{1}, 1, 1, 1, 1))
	if err == nil || !strings.Contains(err.Error(), "only weights of linear layers") {
		t.Errorf("a kernel with an adapter: %v", err)
	}
}
