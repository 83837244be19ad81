package nn_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"otherwise/nn"
	"otherwise/weights"
)

func TestLoadParamsLeavesBuffersOfIntegersOut(t *testing.T) {
	raw, err := weights.Marshal([]weights.Tensor{
		{Name: "bn.weight", DType: weights.F16, Shape: []int{2}, Data: []float32{1, 2}},
		{Name: "bn.num_batches_tracked", DType: weights.I64, Data: []int64{3}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	p, err := nn.LoadParams(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bn.weight"}, p.Names()); diff != "" {
		t.Error(diff)
	}
}
