package classify

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// HeadOf is one classifier among several whose logits a [ConvNet] gives side by side: those of the outputs From to To, To left
// out.
type HeadOf struct {
	ConvNet
	From, To int
}

// Forward maps normalised input to this head's logits [batch, To - From].
func (h HeadOf) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	return Slice(h.ConvNet.Forward(s, x, tap), AxisRange(), AxisRange(h.From, h.To))
}
