package nn_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// convolveByHand is the definition of a convolution of one picture [h, w, in] with a kernel [kh, kw, in/groups, out].
func convolveByHand(x, k []float32, h, w, in, out int, o nn.ConvOptions) []float32 {
	rows := (h+o.Padding[0][0]+o.Padding[0][1]-(o.Kernel[0]-1)*o.Dilation[0]-1)/o.Stride[0] + 1
	columns := (w+o.Padding[1][0]+o.Padding[1][1]-(o.Kernel[1]-1)*o.Dilation[1]-1)/o.Stride[1] + 1
	per := in / o.Groups
	y := make([]float32, 0, rows*columns*out)
	for r := range rows {
		for c := range columns {
			for to := range out {
				first := to / (out / o.Groups) * per // input channel of the output's group
				var sum float64
				for i := range o.Kernel[0] {
					for j := range o.Kernel[1] {
						row, column := r*o.Stride[0]-o.Padding[0][0]+i*o.Dilation[0], c*o.Stride[1]-o.Padding[1][0]+j*o.Dilation[1]
						if row < 0 || row >= h || column < 0 || column >= w {
							continue
						}
						for from := range per {
							sum += float64(x[(row*w+column)*in+first+from]) * float64(k[((i*o.Kernel[1]+j)*per+from)*out+to])
						}
					}
				}
				y = append(y, float32(sum))
			}
		}
	}
	return y
}

func TestConvAgreesWithItsDefinition(t *testing.T) {
	one := [2]int{1, 1}
	same := func(p int) [2]int { return [2]int{p, p} }
	for _, c := range []struct {
		in, out int
		o       nn.ConvOptions
	}{
		{4, 6, nn.ConvOptions{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Padding: [2][2]int{same(1), same(1)}, Dilation: one, Groups: 1}},
		{4, 6, nn.ConvOptions{Kernel: [2]int{1, 7}, Stride: one, Padding: [2][2]int{{}, same(3)}, Dilation: one, Groups: 1}},
		{4, 6, nn.ConvOptions{Kernel: [2]int{7, 1}, Stride: [2]int{2, 1}, Padding: [2][2]int{same(3), {}}, Dilation: one, Groups: 1}},
		{4, 6, nn.ConvOptions{Kernel: [2]int{3, 3}, Stride: one, Padding: [2][2]int{{0, 1}, {2, 0}}, Dilation: [2]int{2, 1}, Groups: 1}},
		{4, 6, nn.ConvOptions{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Padding: [2][2]int{same(1), same(1)}, Dilation: one, Groups: 2}},
		// Kernels of even size, whose gradient GoMLX shifts, and patches.
		{4, 6, nn.ConvOptions{Kernel: [2]int{4, 2}, Stride: one, Padding: [2][2]int{same(1), {0, 1}}, Dilation: one, Groups: 1}},
		{4, 6, nn.ConvOptions{Kernel: [2]int{4, 4}, Stride: [2]int{2, 3}, Padding: [2][2]int{same(1), same(1)}, Dilation: one, Groups: 1}},
		{4, 6, nn.ConvOptions{Kernel: [2]int{2, 2}, Stride: one, Padding: [2][2]int{same(1), same(1)}, Dilation: [2]int{3, 2}, Groups: 1}},
		{4, 6, nn.ConvOptions{Kernel: [2]int{2, 4}, Stride: [2]int{2, 2}, Padding: [2][2]int{same(1), same(1)}, Dilation: one, Groups: 2}},
		{4, 6, nn.ConvOptions{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}, Dilation: one, Groups: 1}},
		{4, 6, nn.ConvOptions{Kernel: [2]int{4, 3}, Stride: [2]int{4, 3}, Dilation: one, Groups: 1}},
		{4, 4, nn.ConvOptions{Kernel: [2]int{5, 3}, Stride: [2]int{2, 1}, Padding: [2][2]int{same(2), same(1)}, Dilation: one, Groups: 4}},
		{4, 12, nn.ConvOptions{Kernel: [2]int{3, 3}, Stride: one, Padding: [2][2]int{same(1), same(1)}, Dilation: one, Groups: 4}},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			const h, w = 9, 8
			x, other := nn.Gaussian(1, "x", h*w*c.in), nn.Gaussian(2, "x", h*w*c.in)
			dims := []int{c.o.Kernel[0], c.o.Kernel[1], c.in / c.o.Groups, c.out}
			k := nn.Gaussian(1, "k", dims[0]*dims[1]*dims[2]*dims[3])
			want := convolveByHand(x, k, h, w, c.in, c.out, c.o)
			cotangent := nn.Gaussian(1, "cotangent", len(want))

			p := nn.NewParams()
			p.Set("weight", tensors.FromFlatDataAndDimensions(k, dims...))
			p.Set("bias", tensors.FromFlatDataAndDimensions(make([]float32, c.out), c.out)) // not asked for
			program := nn.NewProgram(golden.Backend(t), "conv", func(s []nn.Scope, a []*Node) []*Node {
				y := nn.Conv(s[0], a[0], c.out, c.o)
				if names, _ := s[0].Used(); strings.Join(names, " ") != "weight" {
					t.Errorf("the layer asked for %q", names)
				}
				return []*Node{y, Gradient(ReduceAllSum(Mul(Reshape(y, -1), a[1])), a[0])[0]}
			})
			result, err := program.Call([]*nn.Params{p}, tensors.FromFlatDataAndDimensions(x, 1, h, w, c.in), cotangent)
			if err != nil {
				t.Fatal(err)
			}
			golden.Near(t, "output", tensors.MustCopyFlatData[float32](result[0]), want, 1e-4)
			// The gradient is the adjoint: (A other) . cotangent = other . (A^T cotangent).
			forward := dot(convolveByHand(other, k, h, w, c.in, c.out, c.o), cotangent)
			backward := dot(other, tensors.MustCopyFlatData[float32](result[1]))
			if math.Abs(forward-backward) > 1e-3 {
				t.Errorf("gradient is not the adjoint: %g and %g", forward, backward)
			}
		})
	}
}

func dot(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestConvWantsItsBias(t *testing.T) {
	p := nn.NewParams()
	p.Set("weight", tensors.FromFlatDataAndDimensions(make([]float32, 9*2*3), 3, 3, 2, 3))
	program := nn.NewProgram(golden.Backend(t), "conv", func(s []nn.Scope, a []*Node) []*Node {
		o := nn.SquareConv(3, 1, 1)
		o.Bias = true
		return []*Node{nn.Conv(s[0], a[0], 3, o)}
	})
	x := tensors.FromFlatDataAndDimensions(make([]float32, 4*4*2), 1, 4, 4, 2)
	if _, err := program.Call([]*nn.Params{p}, x); err == nil || !strings.Contains(err.Error(), `"bias"`) {
		t.Errorf("a layer without its bias: %v", err)
	}
	p.Set("bias", tensors.FromFlatDataAndDimensions([]float32{1, 2, 3}, 3))
	out, err := program.Call([]*nn.Params{p}, x)
	if err != nil {
		t.Fatal(err)
	}
	golden.Near(t, "bias", tensors.MustCopyFlatData[float32](out[0])[:3], []float32{1, 2, 3}, 0)
}
