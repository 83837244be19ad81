package nn

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Adam's settings, as in Kingma and Ba, 2015.
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-8
)

// Adam returns the parameter and moments after one step of Adam with bias correction. All are of one shape; rate
// is a scalar and step a float scalar that counts from 1. Source: Kingma and Ba, 2015, Algorithm 1.
func Adam(p, grad, m, v, rate, step *Node) (newP, newM, newV *Node) {
	newM = Add(MulScalar(m, beta1), MulScalar(grad, 1-beta1))
	newV = Add(MulScalar(v, beta2), MulScalar(Square(grad), 1-beta2))
	correction := func(beta float64) *Node { return OneMinus(Pow(ConstAs(step, beta), step)) }
	mHat := Div(newM, correction(beta1))
	vHat := Div(newV, correction(beta2))
	return Sub(p, Mul(rate, Div(mHat, AddScalar(Sqrt(vHat), epsilon)))), newM, newV
}

// AdamParams is [Adam] for parameters of a network (see [Scope.Used]), whose moments are networks of the same names: the new
// value and moments of the first parameter, then of the second, as [ReplaceParams] takes them.
func AdamParams(names []string, params, grads []*Node, m, v Scope, rate, step *Node) []*Node {
	var out []*Node
	for i, p := range params {
		dims := p.Shape().Dimensions
		newP, newM, newV := Adam(p, grads[i], m.Param(names[i], Constant(0), dims...), v.Param(names[i], Constant(0), dims...), rate, step)
		out = append(out, newP, newM, newV)
	}
	return out
}
