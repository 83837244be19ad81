package cam

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/nn"
)

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
		a = tap(l.name, a)
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
