package nn_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// causalByHand is causal attention of one batch entry in float64, straight from its definition.
func causalByHand(q, k, v []float32, n, heads, d int) []float32 {
	width := heads * d
	out := make([]float32, n*width)
	for h := range heads {
		for i := range n {
			weights, total := make([]float64, i+1), 0.0
			for j := range weights {
				dot := 0.0
				for c := range d {
					dot += float64(q[i*width+h*d+c]) * float64(k[j*width+h*d+c])
				}
				weights[j] = math.Exp(dot / math.Sqrt(float64(d)))
				total += weights[j]
			}
			for c := range d {
				sum := 0.0
				for j, w := range weights {
					sum += w / total * float64(v[j*width+h*d+c])
				}
				out[i*width+h*d+c] = float32(sum)
			}
		}
	}
	return out
}

func TestCausalAttention(t *testing.T) {
	const n, heads, d = 5, 2, 3
	q, k, v := nn.Gaussian(1, "q", n*heads*d), nn.Gaussian(1, "k", n*heads*d), nn.Gaussian(1, "v", n*heads*d)
	program := nn.NewProgram(golden.Backend(t), "causal", func(_ []nn.Scope, a []*Node) []*Node {
		out := nn.CausalAttention(a[0], a[1], a[2], heads)
		first := ReduceAllSum(Slice(out, AxisRange(), AxisRange(0, 2)))
		return append([]*Node{out}, Gradient(first, a[0], a[2])...)
	})
	tensor := func(values []float32) *tensors.Tensor {
		return tensors.FromFlatDataAndDimensions(values, 1, n, heads*d)
	}
	out, err := program.Call(nil, tensor(q), tensor(k), tensor(v))
	if err != nil {
		t.Fatal(err)
	}
	golden.Near(t, "attention", tensors.MustCopyFlatData[float32](out[0]), causalByHand(q, k, v, n, heads, d), 1e-6)
	for i, name := range []string{"query", "value"} {
		for at, g := range tensors.MustCopyFlatData[float32](out[1+i]) {
			if later := at >= 2*heads*d; math.IsNaN(float64(g)) || later && g != 0 {
				t.Fatalf("the first two positions have gradient %g by element %d of the %s", g, at, name)
			}
		}
	}
}

func TestQuickGELU(t *testing.T) {
	program := nn.NewProgram(golden.Backend(t), "quick GELU", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{nn.QuickGELU(a[0])}
	})
	out, err := program.Call1(nil, []float32{-2, 0, 0.5})
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{-0.0643413769, 0, 0.3503884366}
	golden.Near(t, "quick GELU", tensors.MustCopyFlatData[float32](out), want, 1e-6)
}
