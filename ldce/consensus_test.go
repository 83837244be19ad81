package ldce

import (
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// Filter and angles are compared with the reference by package verify.

// A filtered patch is turned by gamma towards the direction, and a patch within gamma isn't touched.
func TestConeTurnsByGamma(t *testing.T) {
	program := nn.NewProgram(golden.Backend(t), "cone", func(_ []nn.Scope, a []*Node) []*Node {
		keep := Consensus(a[0], a[1], a[2], 1)
		return []*Node{Filter(a[0], keep, Cone(a[0], a[1], a[2], 1)), keep}
	})
	score := tensors.FromFlatDataAndDimensions([]float32{1, 0, 0, 0, 0, 3, 0, 0.1}, 1, 1, 2, 4)
	direction := tensors.FromFlatDataAndDimensions([]float32{-0.2, 1, 0, 0, 0, 1, 0, 0}, 1, 1, 2, 4)
	out, err := program.Call(nil, score, direction, CosDegrees(60))
	if err != nil {
		t.Fatal(err)
	}
	if kept := tensors.MustCopyFlatData[float32](out[1]); !slices.Equal(kept, []float32{0, 1}) {
		t.Fatalf("kept %v", kept)
	}
	v := tensors.MustCopyFlatData[float32](out[0])
	if got := math.Atan2(float64(v[1]), float64(v[0])) * 180 / math.Pi; math.Abs(got-60) > 1e-3 {
		t.Errorf("turned by %g degrees, want 60", got)
	}
	if !slices.Equal(v[4:], []float32{0, 3, 0, 0.1}) {
		t.Errorf("a kept location was changed: %v", v[4:])
	}
}

func TestPatchMustDivideTheLatent(t *testing.T) {
	program := nn.NewProgram(golden.Backend(t), "consensus", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{Consensus(a[0], a[0], a[1], 2)}
	})
	if _, err := program.Call(nil, tensors.FromFlatDataAndDimensions(make([]float32, 12), 1, 3, 2, 2), float32(0)); err == nil {
		t.Error("patches of 2 were cut from 3 rows")
	}
}
