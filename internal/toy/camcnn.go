package toy

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// camCNN is the VGG-like classifier of the reference data on activation maps (ref_cam.py): conv-relu-pool, conv-relu-pool,
// conv-relu (layer "target"), pool, linear. The linear layer reads channels before positions, as published.
type camCNN struct {
	widths     [3]int
	classes    int
	inputRange float64 // of normalised inputs, whose -range to range is a picture's 0 to 1
}

func (c camCNN) Preprocess(x01 *Node) *Node { return MulScalar(AddScalar(x01, -0.5), 2*c.inputRange) }

func (camCNN) Layers() []string { return []string{"target"} }

func (c camCNN) Forward(root nn.Scope, x *Node, tap classify.Tap) *Node {
	s := root.Sub("weights")
	// graph's maximum and not nn's: its gradient goes to one of equal maxima, as PyTorch's does
	pool := func(x *Node) *Node { return MaxPool(x).Window(2).Done() }
	x = pool(nn.ReLU(nn.Conv2D(s.Sub("conv1"), x, c.widths[0], 3)))
	x = pool(nn.ReLU(nn.Conv2D(s.Sub("conv2"), x, c.widths[1], 3)))
	x = nn.ReLU(nn.Conv2D(s.Sub("conv3"), x, c.widths[2], 3))
	if tap != nil {
		x = tap("target", x)
	}
	x = TransposeAllAxes(pool(x), 0, 3, 1, 2)
	return nn.Linear(s.Sub("fc"), Reshape(x, x.Shape().Dimensions[0], -1), c.classes)
}

// CAMClassifier returns that classifier with the weights of a golden file, and the file's pictures. A picture's values are the
// stored normalised inputs, brought to [0, 1] without rounding.
func CAMClassifier(t golden.TB, g *golden.File) (*classify.Classifier, []counterfactual.Picture) {
	t.Helper()
	params, err := nn.LoadParams(g.Source())
	if err != nil {
		t.Fatal(err)
	}
	values, shape := golden.NHWC(g.Floats("x"))
	largest := 1.0
	for _, v := range values {
		largest = max(largest, math.Abs(float64(v)))
	}
	net := camCNN{classes: g.Shape("weights.fc.bias")[0], inputRange: math.Exp2(math.Ceil(math.Log2(largest)))}
	for i, layer := range []string{"conv1", "conv2", "conv3"} {
		net.widths[i] = g.Shape("weights." + layer + ".bias")[0]
	}
	c := &classify.Classifier{Network: net, Params: params, CAMLayer: "target"}
	for i := range net.classes {
		c.Classes = append(c.Classes, string(rune('a'+i)))
	}
	size := shape[1] * shape[2] * shape[3]
	var pictures []counterfactual.Picture
	for i := range shape[0] {
		p := counterfactual.Picture{Height: shape[1], Width: shape[2], Channels: shape[3]}
		for _, v := range values[i*size : (i+1)*size] {
			p.Values = append(p.Values, float32(float64(v)/(2*net.inputRange)+0.5))
		}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, p)
	}
	return c, pictures
}
