package classify_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/internal/formula"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// BenchmarkGradient is what a method does at every step: logits of one picture and the gradient of one by it, at full size. The
// first call, which compiles, is not timed.
func BenchmarkGradient(b *testing.B) {
	for _, architecture := range []string{"vgg16", "resnet50", "densenet121", "dino_vits8", "open_clip_vitb32", "swin_t"} {
		b.Run(architecture, func(b *testing.B) {
			m, err := classify.FromConfig(architecture, nil)
			if err != nil {
				b.Fatal(err)
			}
			forward := func(s nn.Scope, x *Node) *Node { return m.(classify.Encoder).Embed(s, x) }
			if _, clip := m.(*classify.OpenCLIP); !clip { // whose classes are not built yet
				forward = func(s nn.Scope, x *Node) *Node { return m.(classify.Network).Forward(s, x, nil) }
			}
			side := m.InputSize()
			asked, err := nn.Shapes(golden.Backend(b), func(s nn.Scope, a []*Node) { m.Build(s, a[0]) }, shapes.Make(dtypes.Float32, 1, side, side, 3))
			if err != nil {
				b.Fatal(err)
			}
			params, err := nn.LoadParams(formula.Weights{Shapes: asked, Gain: 1, Embedding: 0.5})
			if err != nil {
				b.Fatal(err)
			}
			program := nn.NewProgram(golden.Backend(b), architecture, func(s []nn.Scope, a []*Node) []*Node {
				logits := forward(s[0], a[0])
				return []*Node{logits, Gradient(ReduceAllSum(Slice(logits, AxisRange(), AxisRange(0, 1))), a[0])[0]}
			})
			x := tensors.FromFlatDataAndDimensions(formula.Values("x", side*side*3, 2, 0), 1, side, side, 3)
			run := func() {
				out, err := program.Call([]*nn.Params{params}, x)
				if err != nil {
					b.Fatal(err)
				}
				tensors.MustCopyFlatData[float32](out[1]) // waits
				nn.Free(out...)
			}
			run()
			for b.Loop() {
				run()
			}
		})
	}
}
