package cam

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/internal/golden"
	"otherwise/nn"
)

func TestResizeBilinearAgreesWithReference(t *testing.T) {
	g := golden.Open(t, "testdata/resize.safetensors")
	program := nn.NewProgram(golden.Backend(t), "resize", func(_ []nn.Scope, args []*Node) []*Node {
		a := args[0]
		return []*Node{
			ResizeBilinear(a, 13, 24, false), ResizeBilinear(a, 13, 24, true), ResizeBilinear(a, 3, 4, false),
			ResizeBilinear(a, 5, 7, false), ResizeBilinear(a, 1, 1, true),
		}
	})
	out, err := program.Call(nil, g.Tensor("a"))
	if err != nil {
		t.Fatal(err)
	}
	g.Close(out[0], "half_pixel", 1e-6)
	g.Close(out[1], "aligned", 1e-6)
	g.Close(out[2], "down_half_pixel", 1e-6)
	g.Close(out[3], "a", 0) // the same size changes nothing

	// A single aligned pixel is the first corner, as in PyTorch.
	corner, err := read(out[4])
	if err != nil {
		t.Fatal(err)
	}
	a, _ := g.Floats("a") // [1, 2, 5, 7]
	golden.Near(t, "one pixel", corner, []float32{a[0], a[5*7]}, 1e-6)
}

func TestResizeBilinearRefusesEmptySize(t *testing.T) {
	program := nn.NewProgram(golden.Backend(t), "resize", func(_ []nn.Scope, args []*Node) []*Node {
		return []*Node{ResizeBilinear(args[0], 0, 4, false)}
	})
	if _, err := program.Call(nil, golden.Open(t, "testdata/resize.safetensors").Tensor("a")); err == nil {
		t.Error("resizing to no pixel at all is no error")
	}
}
