package nn

import (
	"cmp"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// AdamOptions are Adam's settings. The zero value is that of Kingma and Ba, 2015.
type AdamOptions struct {
	Beta1 float64 `json:"beta1"` // of the gradient's moving average; 0.9
	Beta2 float64 `json:"beta2"` // of its square's; 0.999
	// Epsilon keeps the division finite; 1e-8.
	Epsilon float64 `json:"epsilon"`
	// WeightDecay, above 0, takes that share of the rate off the parameter in each step, apart from the gradient (AdamW).
	// Source: Loshchilov and Hutter, 2019, Algorithm 2.
	WeightDecay float64 `json:"weight_decay"`
}

// WithDefaults has the default settings where there were zeros.
func (o AdamOptions) WithDefaults() AdamOptions {
	o.Beta1, o.Beta2, o.Epsilon = cmp.Or(o.Beta1, 0.9), cmp.Or(o.Beta2, 0.999), cmp.Or(o.Epsilon, 1e-8)
	return o
}

// Update returns the parameter and moments after one step of Adam with bias correction. All are of one shape; rate
// is a scalar and step a float scalar that counts from 1. Source: Kingma and Ba, 2015, Algorithm 1.
func (o AdamOptions) Update(p, grad, m, v, rate, step *Node) (newP, newM, newV *Node) {
	o = o.WithDefaults()
	if o.WeightDecay > 0 {
		p = Mul(p, OneMinus(MulScalar(rate, o.WeightDecay)))
	}
	newM = Add(MulScalar(m, o.Beta1), MulScalar(grad, 1-o.Beta1))
	newV = Add(MulScalar(v, o.Beta2), MulScalar(Square(grad), 1-o.Beta2))
	correction := func(beta float64) *Node { return OneMinus(Pow(ConstAs(step, beta), step)) }
	mHat := Div(newM, correction(o.Beta1))
	vHat := Div(newV, correction(o.Beta2))
	return Sub(p, Mul(rate, Div(mHat, AddScalar(Sqrt(vHat), o.Epsilon)))), newM, newV
}

// Validate reports settings that make no sense.
func (o AdamOptions) Validate() error {
	for name, beta := range map[string]float64{"beta1": o.Beta1, "beta2": o.Beta2} {
		if !(beta >= 0 && beta < 1) {
			return fmt.Errorf("adam: %s is %g; legal is 0 (the default) to below 1", name, beta)
		}
	}
	if !(o.Epsilon >= 0) || !(o.WeightDecay >= 0) || math.IsInf(o.Epsilon+o.WeightDecay, 1) {
		return fmt.Errorf("adam: epsilon %g and weight_decay %g must be finite and not negative", o.Epsilon, o.WeightDecay)
	}
	return nil
}

// Adam is [AdamOptions.Update] with the default settings.
func Adam(p, grad, m, v, rate, step *Node) (newP, newM, newV *Node) {
	return AdamOptions{}.Update(p, grad, m, v, rate, step)
}

// AdamParams is [AdamOptions.UpdateParams] with the default settings.
func AdamParams(names []string, params, grads []*Node, m, v Scope, rate, step *Node) []*Node {
	return AdamOptions{}.UpdateParams(names, params, grads, m, v, rate, step)
}

// UpdateParams is [AdamOptions.Update] for parameters of a network (see [Scope.Used]), whose moments are networks of the same names: the new
// value and moments of the first parameter, then of the second, as [ReplaceParams] takes them.
func (o AdamOptions) UpdateParams(names []string, params, grads []*Node, m, v Scope, rate, step *Node) []*Node {
	var out []*Node
	for i, p := range params {
		dims := p.Shape().Dimensions
		newP, newM, newV := o.Update(p, grads[i], m.Param(names[i], Constant(0), dims...), v.Param(names[i], Constant(0), dims...), rate, step)
		out = append(out, newP, newM, newV)
	}
	return out
}
