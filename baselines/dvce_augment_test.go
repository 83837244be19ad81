package baselines

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// pixels is a classifier whose two logits are a weighted sum of a picture and its opposite. The weights are its parameter.
type pixels struct{ classify.Network }

func (pixels) Preprocess(x01 *Node) *Node { return x01 }

func (pixels) Forward(s nn.Scope, x *Node, _ classify.Tap) *Node {
	d := x.Shape().Dimensions
	g := ReduceSum(Mul(x, s.Param("weight", nn.Constant(0), 1, d[1], d[2], d[3])), 1, 2, 3)
	return Concatenate([]*Node{ExpandAxes(g, -1), ExpandAxes(Neg(g), -1)}, 1)
}

// The reference is kornia, which the public code uses: see testdata/make_augment.py.
func TestAugmentationsMatchTheReference(t *testing.T) {
	g := golden.Open(t, "testdata/augment.safetensors")
	copies := g.Shape("normal")[1] + 1
	b := &Batch{Targets: []int32{0}, Noise: func(stream string, dims []int) (*tensors.Tensor, error) {
		if stream != "augment/0" || len(dims) != 3 || dims[1] != copies-1 {
			t.Errorf("asked for %v of stream %s", dims, stream)
		}
		return g.Tensor("normal"), nil
	}}
	x := g.Tensor("x")
	d := x.Shape().Dimensions
	warps, err := augmentations(b, "augment/0", copies, d[1], d[2])
	if err != nil {
		t.Fatal(err)
	}
	program := nn.NewProgram(golden.Backend(t), "warps", func(_ []nn.Scope, a []*Node) []*Node {
		changed := warpAll(a[0], a[1])
		return []*Node{changed, Gradient(ReduceAllSum(Mul(changed, a[2])), a[0])[0]}
	})
	out, err := program.Call(nil, x, warps, g.Tensor("weight"))
	if err != nil {
		t.Fatal(err)
	}
	g.Close(out[0], "warped", 2e-6)
	g.Close(out[1], "gradient", 5e-6)
}

// The log-probability is the mean over the picture and its copies, each judged by itself.
func TestAugmentedLogProbIsTheMeanOverCopies(t *testing.T) {
	g := golden.Open(t, "testdata/augment.safetensors")
	copies := g.Shape("normal")[1] + 1
	x := g.Tensor("x")
	d := x.Shape().Dimensions
	c := &classify.Classifier{Network: pixels{}, Params: nn.NewParams(), Classes: []string{"up", "down"}}
	c.Params.Set("weight", tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "weight", d[1]*d[2]*d[3]), 1, d[1], d[2], d[3]))
	b := &Batch{Targets: []int32{1}, Noise: func(string, []int) (*tensors.Tensor, error) { return g.Tensor("normal"), nil }}
	warps, err := augmentations(b, "", copies, d[1], d[2])
	if err != nil {
		t.Fatal(err)
	}
	program := nn.NewProgram(golden.Backend(t), "log-probability", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{augmentedLogProb(c, s[0], a[0], a[1], a[2]), c.LogProb(s[0], Concatenate([]*Node{a[0], a[3]}, 0), BroadcastToDims(a[1], copies))}
	})
	out, err := program.Call([]*nn.Params{c.Params}, x, b.Targets, warps, g.Tensor("warped"))
	if err != nil {
		t.Fatal(err)
	}
	var mean float32
	for _, v := range tensors.MustCopyFlatData[float32](out[1]) {
		mean += v / float32(copies)
	}
	golden.Near(t, "mean log-probability", tensors.MustCopyFlatData[float32](out[0]), []float32{mean}, 1e-5)
}
