package nn_test

import (
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

func TestPoolingAgreesWithPyTorch(t *testing.T) {
	g := golden.Open(t, "testdata/layers_golden.safetensors")
	counted := nn.SquarePool(3, 1, 1)
	counted.CountPadding = true
	program := nn.NewProgram(golden.Backend(t), "pools", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{nn.MaxPool2D(a[0], nn.SquarePool(3, 2, 1)), nn.AvgPool2D(a[0], counted), nn.AvgPool2D(a[0], nn.SquarePool(3, 1, 1))}
	})
	for _, size := range []string{"even", "odd"} {
		out, err := program.Call(nil, g.Tensor("inputs.conv_in_"+size))
		if err != nil {
			t.Fatal(err)
		}
		g.Close(out[0], "expected.max_pool3x3s2p1."+size, 0)
		g.CloseRMS(out[1], "expected.avg_pool3x3s1p1_count_pad."+size, 1e-5)
		g.CloseRMS(out[2], "expected.avg_pool3x3s1p1_no_count_pad."+size, 1e-5)
	}
}

// A row of negative numbers, so that a padded zero would show as a maximum.
func TestPoolingOfOneRow(t *testing.T) {
	row := []float32{-1, -5, -2, -8, -3, -9}
	options := func(kernel, stride, padding int, ceil, counted bool) nn.PoolOptions {
		p := nn.PoolOptions{Kernel: [2]int{1, kernel}, Stride: [2]int{1, stride}, Ceil: ceil, CountPadding: counted}
		p.Padding[1] = [2]int{padding, padding}
		return p
	}
	tests := []struct {
		name     string
		o        nn.PoolOptions
		max, avg []float32
		maxGrad  []float32 // of the sum of the maxima
	}{
		{"floor", options(3, 2, 0, false, false), []float32{-1, -2}, []float32{-8. / 3, -13. / 3}, []float32{1, 0, 1, 0, 0, 0}},
		{"ceil", options(3, 2, 0, true, false), []float32{-1, -2, -3}, []float32{-8. / 3, -13. / 3, -6}, []float32{1, 0, 1, 0, 1, 0}},
		// What hangs over the end isn't counted even where padding is.
		{"ceil, counted", options(4, 3, 1, true, true), []float32{-1, -2, -9}, []float32{-8. / 4, -22. / 4, -9. / 2}, []float32{1, 0, 1, 0, 0, 1}},
		// A last window that would begin in the padding is left out.
		{"ceil beyond the end", options(2, 5, 1, true, true), []float32{-1, -3}, []float32{-.5, -6}, []float32{1, 0, 0, 0, 1, 0}},
		{"stride of the kernel", options(2, 0, 0, false, false), []float32{-1, -2, -3}, []float32{-3, -5, -6}, []float32{1, 0, 1, 0, 1, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			program := nn.NewProgram(golden.Backend(t), "pools", func(_ []nn.Scope, a []*Node) []*Node {
				top := nn.MaxPool2D(a[0], test.o)
				return []*Node{top, nn.AvgPool2D(a[0], test.o), Gradient(ReduceAllSum(top), a[0])[0]}
			})
			out, err := program.Call(nil, tensors.FromFlatDataAndDimensions(row, 1, 1, len(row), 1))
			if err != nil {
				t.Fatal(err)
			}
			golden.Near(t, "maximum", tensors.MustCopyFlatData[float32](out[0]), test.max, 0)
			golden.Near(t, "average", tensors.MustCopyFlatData[float32](out[1]), test.avg, 1e-6)
			golden.Near(t, "gradient", tensors.MustCopyFlatData[float32](out[2]), test.maxGrad, 0)
		})
	}
}

func TestPoolingRefusesAWindowThatDoesNotFit(t *testing.T) {
	program := nn.NewProgram(golden.Backend(t), "pool", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{nn.AvgPool2D(a[0], nn.SquarePool(7, 1, 0))}
	})
	_, err := program.Call(nil, tensors.FromFlatDataAndDimensions(make([]float32, 36), 1, 6, 6, 1))
	if err == nil || !strings.Contains(err.Error(), "does not fit") {
		t.Errorf("got error %v", err)
	}
}
