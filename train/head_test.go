package train

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"otherwise/nn"
)

func TestFitHeadSeparates(t *testing.T) {
	features := mat.NewDense(6, 2, []float64{1, 0.1, 0.9, -0.2, 1.2, 0, -1, 0.1, -0.8, 0.2, -1.1, -0.1})
	labels := []int{0, 0, 0, 1, 1, 1}
	start := Head{Weight: mat.NewDense(2, 2, []float64{-0.3, 0, 0.3, 0}), Bias: []float64{0, 0}}
	head, log, err := FitHead(features, labels, start, HeadOptions{Epochs: 40})
	if err != nil {
		t.Fatal(err)
	}
	if first, last := log.Losses[0], log.Losses[39]; last > first/2 {
		t.Errorf("the loss went from %g to %g", first, last)
	}
	for i, y := range labels {
		x := features.RawRowView(i)
		score := func(k int) float64 { return mat.Dot(head.Weight.RowView(k), mat.NewVecDense(2, x)) + head.Bias[k] }
		if score(y) <= score(1-y) {
			t.Errorf("picture %d is classified wrongly", i)
		}
	}
	if start.Weight.At(0, 0) != -0.3 {
		t.Error("the start was changed")
	}
	if log.Rates[0] != 0.1 || math.Abs(log.Rates[20]-0.05) > 1e-12 {
		t.Errorf("rates %g and %g, want 0.1 and 0.05", log.Rates[0], log.Rates[20])
	}
}

func TestFitHeadErrors(t *testing.T) {
	features, start := mat.NewDense(2, 3, nil), Head{Weight: mat.NewDense(2, 3, nil), Bias: make([]float64, 2)}
	for _, labels := range [][]int{{0}, {0, 2}, {-1, 0}} {
		if _, _, err := FitHead(features, labels, start, HeadOptions{}); err == nil {
			t.Errorf("labels %v pass", labels)
		}
	}
}

func TestHeadInParameters(t *testing.T) {
	params := nn.NewParams()
	params.Set("head.weight", tensors.FromFlatDataAndDimensions([]float32{1, 2, 3, 4, 5, 6}, 2, 3))
	params.Set("head.bias", tensors.FromFlatDataAndDimensions([]float32{7, 8}, 2))
	params.Set("block1.bias", tensors.FromFlatDataAndDimensions([]float32{9}, 1))
	head, err := HeadOf(params, "head")
	if err != nil {
		t.Fatal(err)
	}
	if head.Weight.At(1, 0) != 4 || head.Bias[1] != 8 {
		t.Errorf("read %v", head)
	}
	head.Weight.Set(1, 0, -4)
	changed := head.In(params, "head")
	again, err := HeadOf(changed, "head")
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(again.Weight, head.Weight) || changed.Get("block1.bias") != params.Get("block1.bias") {
		t.Error("what was put in isn't what is read, or something else changed")
	}
	if old, _ := HeadOf(params, "head"); old.Weight.At(1, 0) != 4 {
		t.Error("the parameters given were changed")
	}
	for _, scope := range []string{"", "tail", "block1"} {
		if _, err := HeadOf(params, scope); err == nil {
			t.Errorf("scope %q passes", scope)
		}
	}
}
