package cam

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// camCNN is the reference data's VGG-like classifier: conv-relu-pool, conv-relu-pool, conv-relu (layer "target"),
// pool, linear. Kernels are [out, in, height, width] and the linear layer reads channels before positions, as published.
type camCNN struct{ classes int }

// inputRange is the range of the reference data's normalised inputs that Preprocess maps [0, 1] to.
const inputRange = 8

func (camCNN) Preprocess(x01 *Node) *Node { return MulScalar(AddScalar(x01, -0.5), 2*inputRange) }

func (camCNN) Layers() []string { return []string{"target"} }

func (c camCNN) Forward(s nn.Scope, x *Node, tap classify.Tap) *Node {
	x = maxPool(conv(s.Sub("conv1"), x, 8))
	x = maxPool(conv(s.Sub("conv2"), x, 16))
	x = conv(s.Sub("conv3"), x, 16)
	if tap != nil {
		tap("target", x)
	}
	x = TransposeAllAxes(maxPool(x), 0, 3, 1, 2)
	return nn.Linear(s.Sub("fc"), Reshape(x, x.Shape().Dimensions[0], -1), c.classes)
}

func conv(s nn.Scope, x *Node, out int) *Node {
	kernel := TransposeAllAxes(s.Param("weight", nn.FanIn(1), out, x.Shape().Dimensions[3], 3, 3), 2, 3, 1, 0)
	bias := Reshape(s.Param("bias", nn.Constant(0), out), 1, 1, 1, out)
	return nn.ReLU(Add(Convolve(x, kernel).PadSame().Done(), bias))
}

// maxPool is graph's and not nn's because its gradient goes to one of equal maxima, as PyTorch's does.
func maxPool(x *Node) *Node { return MaxPool(x).Window(2).Done() }

// goldenClassifier returns the reference data's classifier with its weights.
func goldenClassifier(g *golden.File) *classify.Classifier {
	params := nn.NewParams()
	for _, layer := range []string{"conv1", "conv2", "conv3", "fc"} {
		for _, name := range []string{layer + ".weight", layer + ".bias"} {
			values, shape := g.Floats("weights." + name)
			params.Set(name, tensors.FromFlatDataAndDimensions(values, shape...))
		}
	}
	return &classify.Classifier{Network: camCNN{classes: 5}, Params: params, Classes: []string{"a", "b", "c", "d", "e"}, CAMLayer: "target"}
}

// goldenPictures returns pictures whose normalised form the reference data holds.
func goldenPictures(t *testing.T, g *golden.File) []counterfactual.Picture {
	t.Helper()
	values, shape := golden.NHWC(g.Floats("x"))
	size := shape[1] * shape[2] * shape[3]
	pictures := make([]counterfactual.Picture, shape[0])
	for i := range pictures {
		p := counterfactual.Picture{Height: shape[1], Width: shape[2], Channels: shape[3]}
		for _, v := range values[i*size : (i+1)*size] {
			p.Values = append(p.Values, v/(2*inputRange)+0.5)
		}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		pictures[i] = p
	}
	return pictures
}

// layered is a classifier without weights whose one layer is what activate makes of its input and whose logits are the
// layer's means over positions.
type layered struct {
	activate   func(x *Node) *Node
	preprocess func(x01 *Node) *Node // nil: nothing
	name       string                // the layer's
}

func (l layered) Preprocess(x01 *Node) *Node {
	if l.preprocess == nil {
		return x01
	}
	return l.preprocess(x01)
}

func (l layered) Layers() []string { return []string{"layer"} }

func (l layered) Forward(_ nn.Scope, x *Node, tap classify.Tap) *Node {
	a := l.activate(x)
	if tap != nil {
		tap(l.name, a)
	}
	return ReduceMean(a, 1, 2)
}

// layeredClassifier has two classes.
func layeredClassifier(l layered) *classify.Classifier {
	if l.name == "" {
		l.name = "layer"
	}
	return &classify.Classifier{Network: l, Params: nn.NewParams(), Classes: []string{"no", "yes"}, CAMLayer: "layer"}
}

// ramp is a picture of two channels: one growing from 0 at the first pixel to 1 at the last, one of 0.5 everywhere.
func ramp(height, width int) counterfactual.Picture {
	p := counterfactual.Picture{Height: height, Width: width, Channels: 2}
	for i := range height * width {
		p.Values = append(p.Values, float32(i)/float32(height*width-1), 0.5)
	}
	return p
}
