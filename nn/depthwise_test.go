package nn_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// The reference is one ordinary convolution for each channel.
func TestDepthwiseAgreesWithConvolutionOfEachChannel(t *testing.T) {
	const height, width, channels = 9, 8, 3
	x := tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "x", 2*height*width*channels), 2, height, width, channels)
	for _, c := range []struct {
		kernel, strides, dilations [2]int
		padding                    [2][2]int
	}{
		{[2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2][2]int{{1, 1}, {1, 1}}},
		{[2]int{3, 3}, [2]int{2, 2}, [2]int{1, 1}, [2][2]int{{0, 1}, {0, 1}}},
		{[2]int{5, 3}, [2]int{2, 3}, [2]int{1, 1}, [2][2]int{{2, 1}, {0, 3}}},
		{[2]int{3, 3}, [2]int{1, 1}, [2]int{2, 3}, [2][2]int{{1, 2}, {3, 0}}},
		{[2]int{1, 1}, [2]int{2, 1}, [2]int{1, 1}, [2][2]int{}},
	} {
		w := tensors.FromFlatDataAndDimensions(nn.Gaussian(2, "w", c.kernel[0]*c.kernel[1]*channels), c.kernel[0], c.kernel[1], 1, channels)
		withGradients := func(convolve func(x, w *Node) *Node) nn.GraphFunc {
			return func(_ []nn.Scope, a []*Node) []*Node {
				y := convolve(a[0], a[1])
				return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, Sin(y))), a[0], a[1])...)
			}
		}
		got, err := nn.NewProgram(golden.Backend(t), "depthwise", withGradients(func(x, w *Node) *Node {
			return nn.Depthwise(x, w, c.strides, c.dilations, c.padding)
		})).Call(nil, x, w)
		if err != nil {
			t.Fatal(err)
		}
		want, err := nn.NewProgram(golden.Backend(t), "reference", withGradients(func(x, w *Node) *Node {
			var each []*Node
			for i := range channels {
				y := Convolve(Slice(x, AxisRange().Spacer(), AxisElem(i)), Slice(w, AxisRange().Spacer(), AxisElem(i)))
				each = append(each, y.StridePerAxis(c.strides[:]...).DilationPerAxis(c.dilations[:]...).PaddingPerDim(c.padding[:]).Done())
			}
			return Concatenate(each, -1)
		})).Call(nil, x, w)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"output", "gradient by x", "gradient by the kernel"} {
			if !got[i].Shape().Equal(want[i].Shape()) {
				t.Fatalf("%v: %s has shape %s, want %s", c, name, got[i].Shape(), want[i].Shape())
			}
			golden.Near(t, fmt.Sprint(c, " ", name), tensors.MustCopyFlatData[float32](got[i]), tensors.MustCopyFlatData[float32](want[i]), 1e-4)
		}
	}
}

func TestDepthwiseRefuses(t *testing.T) {
	x := tensors.FromFlatDataAndDimensions(make([]float32, 4*4*2), 1, 4, 4, 2)
	for says, kernel := range map[string][]int{"wanted is": {3, 3, 2, 2}, "reach": {5, 5, 1, 2}} {
		n := 1
		for _, d := range kernel {
			n *= d
		}
		program := nn.NewProgram(golden.Backend(t), "depthwise", func(_ []nn.Scope, a []*Node) []*Node {
			return []*Node{nn.Depthwise(a[0], a[1], [2]int{1, 1}, [2]int{1, 1}, [2][2]int{})}
		})
		_, err := program.Call(nil, x, tensors.FromFlatDataAndDimensions(make([]float32, n), kernel...))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("kernel %v: error %v, wanted one that says %q", kernel, err, says)
		}
	}
}
