package diffusion_test

import (
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// leftHalf estimates noise that depends on the condition in the left half alone, by one for each class.
type leftHalf struct{}

func (leftHalf) Eps(_ nn.Scope, z, _, cond *Node) *Node {
	left := ConvertDType(LessThan(Iota(z.Graph(), z.Shape(), 2), Scalar(z.Graph(), z.DType(), float64(z.Shape().Dimensions[2])/2)), z.DType())
	return Add(z, Mul(left, cond))
}

// numbers are tokens that are the class itself.
type numbers struct{}

func (numbers) Tokens(classes []int) (*tensors.Tensor, error) {
	var values []float32
	for _, c := range classes {
		values = append(values, float32(c))
	}
	return tensors.FromFlatDataAndDimensions(values, len(classes), 1, 1, 1), nil
}

func TestDiffEditFindsWhereClassesDiffer(t *testing.T) {
	model := *toyModel(t)
	model.Denoiser, model.Conditioner = leftHalf{}, numbers{}
	z := tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "z", 8*8*model.Autoencoder.Channels()), 1, 8, 8, model.Autoencoder.Channels())
	draw := func(o diffusion.DiffEditOptions, source, target int) []float32 {
		t.Helper()
		d, err := diffusion.NewDiffEdit(golden.Backend(t), &model, o)
		if err != nil {
			t.Fatal(err)
		}
		out, err := d.Map(z, source, target, 5)
		if err != nil {
			t.Fatal(err)
		}
		side := 8 * model.Autoencoder.Factor()
		if s := out.Shape().Dimensions; len(s) != 4 || s[0] != 1 || s[1] != side || s[2] != side || s[3] != 1 {
			t.Fatalf("a map of shape %v, want [1 %d %d 1]", s, side, side)
		}
		return tensors.MustCopyFlatData[float32](out)
	}
	// The difference is 2 on the left, 0 on the right, 1 on average.
	for clamp, left := range map[float64]float32{0: 2. / 3, 1: 1, 4: 0.5} {
		got := draw(diffusion.DiffEditOptions{Clamp: clamp, Samples: 3}, 1, 3)
		side := 8 * model.Autoencoder.Factor()
		golden.Near(t, "left and right", []float32{got[0], got[side-1]}, []float32{left, 0}, 1e-4)
	}
	golden.Near(t, "the same class", draw(diffusion.DiffEditOptions{}, 2, 2), make([]float32, 64*model.Autoencoder.Factor()*model.Autoencoder.Factor()), 0)
}

func TestDiffEditRefusesNonsense(t *testing.T) {
	for word, o := range map[string]diffusion.DiffEditOptions{"strength": {Strength: 1}, "samples": {Samples: -1}, "clamp": {Clamp: -2}} {
		if _, err := diffusion.NewDiffEdit(golden.Backend(t), toyModel(t), o); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: error %v", word, err)
		}
	}
}
