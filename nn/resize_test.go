package nn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// resizes lists the cases of a golden file: every expected.interpolate.<mode>.<option>.<height>x<width> and those without
// an option.
func resizes(t *testing.T, g *golden.File, check func(name string, height, width int, o nn.ResizeOptions)) {
	t.Helper()
	cases := 0
	for _, name := range g.Names() {
		words := strings.Split(strings.TrimPrefix(name, "expected."), ".")
		var height, width int
		if _, err := fmt.Sscanf(words[len(words)-1], "%dx%d", &height, &width); err != nil {
			continue
		}
		var o nn.ResizeOptions
		switch words[0] {
		case "interpolate":
			o.Mode = nn.Interpolation(words[1])
			o.Antialias, o.AlignCorners = slices.Contains(words, "antialias"), slices.Contains(words, "align_corners")
		case "adaptive_avg_pool2d":
			o.Mode = nn.Area
		default:
			continue
		}
		cases++
		check(name, height, width, o)
	}
	if cases == 0 {
		t.Fatal("the file holds no case")
	}
}

func testResize(t *testing.T, path string) {
	g := golden.Open(t, path)
	var names []string
	program := nn.NewProgram(golden.Backend(t), "resize", func(_ []nn.Scope, a []*Node) []*Node {
		var out []*Node
		names = nil
		resizes(t, g, func(name string, height, width int, o nn.ResizeOptions) {
			names = append(names, name)
			out = append(out, nn.Resize(a[0], height, width, o))
		})
		for _, antialias := range []bool{false, true} {
			y := nn.Resize(a[0], 5, 7, nn.ResizeOptions{Antialias: antialias})
			out = append(out, Gradient(ReduceAllSum(Mul(y, a[1])), a[0])[0])
		}
		names = append(names, "expected.grad.bilinear.plain.5x7", "expected.grad.bilinear.antialias.5x7")
		return out
	})
	out, err := program.Call(nil, g.Tensor("inputs.x"), g.Tensor("inputs.bilinear.cotangent"))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		g.CloseRMS(out[i], name, 1e-5)
	}
}

func TestResizeAgreesWithPyTorch(t *testing.T) { testResize(t, "testdata/resize.safetensors") }

func TestResizeAgreesWithReference(t *testing.T) {
	testResize(t, golden.Reference(t, "models/resize/resize_golden.safetensors"))
}

// With a scale_factor positions follow from the factor, not from the sizes.
func TestResizeByScale(t *testing.T) {
	g := golden.Open(t, "testdata/resize.safetensors")
	program := nn.NewProgram(golden.Backend(t), "resize", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{nn.Resize(a[0], 8, 6, nn.ResizeOptions{Mode: nn.Bicubic, Scale: [2]float64{8.1 / 6, 6.1 / 9}})}
	})
	out, err := program.Call1(nil, g.Tensor("inputs.x"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out, "expected.scaled", 1e-5)
}

func TestResizeRefuses(t *testing.T) {
	for want, o := range map[string]nn.ResizeOptions{
		"unknown mode \"cubic\"": {Mode: "cubic"},
		"don't go together":      {Mode: nn.Area, Antialias: true},
	} {
		program := nn.NewProgram(golden.Backend(t), "resize", func(_ []nn.Scope, a []*Node) []*Node {
			return []*Node{nn.Resize(a[0], 3, 3, o)}
		})
		_, err := program.Call(nil, tensors.FromFlatDataAndDimensions(make([]float32, 16), 1, 4, 4, 1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got error %v", o, err)
		}
	}
}
