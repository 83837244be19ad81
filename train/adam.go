package train

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// Adam's settings, as in Kingma and Ba, 2015.
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-8
)

// AdamUpdate returns the parameter and moments after one step of Adam with bias correction. All are of one shape; rate
// is a scalar and step a float scalar that counts from 1. Source: Kingma and Ba, 2015, Algorithm 1.
func AdamUpdate(p, grad, m, v, rate, step *Node) (newP, newM, newV *Node) {
	newM = Add(MulScalar(m, beta1), MulScalar(grad, 1-beta1))
	newV = Add(MulScalar(v, beta2), MulScalar(Square(grad), 1-beta2))
	correction := func(beta float64) *Node { return OneMinus(Pow(ConstAs(step, beta), step)) }
	mHat := Div(newM, correction(beta1))
	vHat := Div(newV, correction(beta2))
	return Sub(p, Mul(rate, Div(mHat, AddScalar(Sqrt(vHat), epsilon)))), newM, newV
}

// clipByGlobalNorm scales all gradients down together where their joint L2 norm exceeds limit.
func clipByGlobalNorm(grads []*Node, limit float64) []*Node {
	total := ReduceAllSum(Square(grads[0]))
	for _, g := range grads[1:] {
		total = Add(total, ReduceAllSum(Square(g)))
	}
	norm := Sqrt(total)
	factor := Div(ConstAs(norm, limit), MaxScalar(norm, limit))
	out := make([]*Node, len(grads))
	for i, g := range grads {
		out[i] = Mul(g, factor)
	}
	return out
}

// positions of the networks that a training program binds
const (
	netParams = iota
	netM
	netV
	netEMA
	netFrozen // and following
)

// partner finds the value that belongs to a parameter in another network of the same shapes.
func partner(s nn.Scope, name string, like *Node) *Node {
	return s.Param(name, nn.Constant(0), like.Shape().Dimensions...)
}
