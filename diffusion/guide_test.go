package diffusion_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/nn"
)

func TestMatchNormIsPerSampleAndKeepsZero(t *testing.T) {
	g := tensors.FromFlatDataAndDimensions([]float32{3, 4, 0, 0}, 2, 1, 2, 1)
	like := tensors.FromFlatDataAndDimensions([]float32{0, 10, 1, 1}, 2, 1, 2, 1)
	out, err := nn.NewProgram(golden.Backend(t), "match norm", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{diffusion.MatchNorm(a[0], a[1])}
	}).Call1(nil, g, like)
	if err != nil {
		t.Fatal(err)
	}
	values := tensors.MustCopyFlatData[float32](out)
	golden.Near(t, "rescaled", values, []float32{6, 8, 0, 0}, 1e-6)
}
