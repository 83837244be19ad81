package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// Epsilons of the package grad-cam, which keep these methods from dividing by zero.
const (
	plusPlusEpsilon = 1e-6
	xGradEpsilon    = 1e-7
)

// byGradients returns the activations, and sets the weights that a method gives their channels by the logit's gradient.
func (m *Mapper) byGradients(picture *tensors.Tensor, class int, e *Explanation) (activations *tensors.Tensor, err error) {
	out, err := m.programs.differentiate.Call(m.nets(), picture, int32(class))
	if err != nil {
		return nil, err
	}
	defer nn.Free(out[1])
	if e.Weights, err = read(out[1]); err != nil {
		nn.Free(out[0])
		return nil, err
	}
	return out[0], nil
}

// gradients returns the activations and the gradient of the class's logit by them.
func (g grapher) gradients(nets []nn.Scope, args []*Node) (activations, gradient *Node) {
	picture, class := args[0], args[1]
	activations, logits := g.forward(nets[0], g.classifier.Network.Preprocess(picture))
	return activations, Gradient(ReduceAllSum(g.classScore(logits, class)), activations)[0]
}

// differentiate weighs channels by the gradient of the class's logit.
func (g grapher) differentiate(nets []nn.Scope, args []*Node) []*Node {
	activations, gradient := g.gradients(nets, args)
	var weights *Node
	switch g.options.Method {
	case GradCAMPlusPlus:
		weights = ReduceSum(Mul(plusPlusAlpha(activations, gradient), nn.ReLU(gradient)), 1, 2)
	case XGradCAM:
		total := ReduceAndKeep(activations, ReduceSum, 1, 2)
		weights = ReduceSum(Div(Mul(gradient, activations), AddScalar(total, xGradEpsilon)), 1, 2)
	default: // GradCAM
		weights = ReduceMean(gradient, 1, 2)
	}
	return []*Node{activations, Reshape(weights, -1)}
}

// plusPlusAlpha is GradCAM++'s closed form for a score of exponential shape: g^2 / (2 g^2 + sum(A) g^3), with the sum
// over a channel's positions; 0 where the gradient is 0.
func plusPlusAlpha(activations, gradient *Node) *Node {
	square := Square(gradient)
	total := ReduceAndKeep(activations, ReduceSum, 1, 2)
	alpha := Div(square, AddScalar(Add(MulScalar(square, 2), Mul(total, Mul(square, gradient))), plusPlusEpsilon))
	return Where(NotEqual(gradient, ZerosLike(gradient)), alpha, ZerosLike(alpha))
}

// layerwise is LayerCAM's sum, in which each position of a channel has the weight of its own positive gradient.
func (g grapher) layerwise(nets []nn.Scope, args []*Node) []*Node {
	activations, gradient := g.gradients(nets, args)
	return []*Node{ReduceAndKeep(Mul(nn.ReLU(gradient), activations), ReduceSum, 3)}
}
