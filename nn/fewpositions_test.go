package nn

import (
	"fmt"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
)

func random(name string, dims ...int) *tensors.Tensor {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return tensors.FromFlatDataAndDimensions(Gaussian(1, name, n), dims...)
}

func TestGradientByProductIsTheConvolutions(t *testing.T) {
	for _, c := range []struct {
		height, width, kh, kw int
		padding               [2][2]int
	}{
		{4, 5, 3, 3, [2][2]int{{1, 1}, {1, 1}}},
		{4, 5, 3, 1, [2][2]int{{0, 2}, {0, 0}}},
		{6, 4, 3, 3, [2][2]int{}},
		{3, 3, 5, 3, [2][2]int{{2, 2}, {2, 1}}},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			exec, err := NewExec(golden.Backend(t), func(x, k *Node) []*Node {
				plain := Convolve(x, k).PaddingPerDim(c.padding[:]).Done()
				ours := withGradientByProduct(x, k, c.padding)
				weigh := func(y *Node) *Node { return ReduceAllSum(Mul(Sin(y), y)) }
				return append([]*Node{plain, ours}, append(Gradient(weigh(plain), x, k), Gradient(weigh(ours), x, k)...)...)
			})
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.Call(random("x", 2, c.height, c.width, 3), random("k", c.kh, c.kw, 3, 4))
			if err != nil {
				t.Fatal(err)
			}
			for i, pair := range [][2]int{{0, 1}, {2, 4}, {3, 5}} {
				what := []string{"result", "gradient by x", "gradient by the kernel"}[i]
				golden.Near(t, what, tensors.MustCopyFlatData[float32](out[pair[1]]), tensors.MustCopyFlatData[float32](out[pair[0]]), 1e-4)
			}
		})
	}
}

// BenchmarkConvGradient compares both ways of taking the gradient, on shapes of Stable Diffusion's lower levels.
func BenchmarkConvGradient(b *testing.B) {
	padding := [2][2]int{{1, 1}, {1, 1}}
	for _, s := range [][3]int{{4, 1280, 1280}, {8, 1280, 1280}, {8, 2560, 1280}, {16, 640, 640}, {32, 320, 320}} {
		x, k, v := random("x", 1, s[0], s[0], s[1]), random("k", 3, 3, s[1], s[2]), random("v", 1, s[0], s[0], s[2])
		for name, convolve := range map[string]func(x, k *Node) *Node{
			"convolution": func(x, k *Node) *Node { return Convolve(x, k).PaddingPerDim(padding[:]).Done() },
			"product":     func(x, k *Node) *Node { return withGradientByProduct(x, k, padding) },
		} {
			b.Run(fmt.Sprintf("%dx%d_%d_to_%d/%s", s[0], s[0], s[1], s[2], name), func(b *testing.B) {
				exec := MustNewExec(golden.Backend(b), func(x, k, v *Node) *Node {
					return Gradient(ReduceAllSum(Mul(convolve(x, k), v)), x)[0]
				})
				defer exec.Finalize()
				for b.Loop() {
					out, err := exec.Call(x, k, v)
					if err != nil {
						b.Fatal(err)
					}
					Free(out...)
				}
			})
		}
	}
}
