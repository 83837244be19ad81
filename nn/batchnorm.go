package nn

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// BatchNorm normalises each channel (the last axis) of x by the stored statistics "running_mean" and "running_var", as
// PyTorch's BatchNorm1d and BatchNorm2d do in evaluation mode: (x - mean) / sqrt(var + eps) * weight + bias.
func BatchNorm(s Scope, x *Node, eps float64) *Node {
	n := x.Shape().Dimensions[x.Rank()-1]
	factor := Div(s.Param("weight", Constant(1), n), deviation(s, n, eps))
	return Add(Mul(centred(s, x), alongLast(factor, x.Rank())), alongLast(s.Param("bias", Constant(0), n), x.Rank()))
}

// BatchNormPlain is [BatchNorm] of a layer that learns neither scale nor shift (affine=False in PyTorch).
func BatchNormPlain(s Scope, x *Node, eps float64) *Node {
	return Div(centred(s, x), alongLast(deviation(s, x.Shape().Dimensions[x.Rank()-1], eps), x.Rank()))
}

func centred(s Scope, x *Node) *Node {
	return Sub(x, alongLast(s.Param("running_mean", Constant(0), x.Shape().Dimensions[x.Rank()-1]), x.Rank()))
}

func deviation(s Scope, n int, eps float64) *Node {
	return Sqrt(AddScalar(s.Param("running_var", Constant(1), n), eps))
}
