package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// plusPlusEpsilon keeps GradCAM++ (as the package grad-cam has it) from dividing by zero.
const plusPlusEpsilon = 1e-6

// differentiate returns the activations and sets the weights that GradCAM or GradCAM++ gives their channels.
func (m *Mapper) differentiate(picture *tensors.Tensor, class int, e *explanation) (*tensors.Tensor, error) {
	out, err := m.programs.differentiate.Call(m.nets(), picture, int32(class))
	if err != nil {
		return nil, err
	}
	activations, weights := out[0], out[1]
	defer free(weights)
	if e.weights, err = read(weights); err != nil {
		free(activations)
		return nil, err
	}
	return activations, nil
}

// differentiate weighs channels by the gradient of the class's logit.
func (g grapher) differentiate(nets []nn.Scope, args []*Node) []*Node {
	picture, class := args[0], args[1]
	activations, logits := g.forward(nets[0], g.classifier.Network.Preprocess(picture))
	gradient := Gradient(ReduceAllSum(g.classScore(logits, class)), activations)[0]
	var weights *Node
	if g.options.Method == GradCAM {
		weights = ReduceMean(gradient, 1, 2)
	} else {
		weights = ReduceSum(Mul(plusPlusAlpha(activations, gradient), nn.ReLU(gradient)), 1, 2)
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
