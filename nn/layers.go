package nn

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Conv2D convolves x [batch, height, width, in] with a square kernel (odd size, stride 1, zero padding that keeps the
// size), parameters "weight" and, where the network has one, "bias".
func Conv2D(s Scope, x *Node, out, kernel int) *Node {
	pad := kernel / 2
	return ConvGeneral2D(s, x, out, kernel, 1, [2]int{pad, pad})
}

// ConvGeneral2D is [Conv2D] with a stride and explicit zero padding (before and after, the same for both axes).
func ConvGeneral2D(s Scope, x *Node, out, kernel, stride int, padding [2]int) *Node {
	in := x.Shape().Dimensions[3]
	w := s.Param("weight", FanIn(1), kernel, kernel, in, out)
	if kernel == 1 && stride == 1 && padding == [2]int{} {
		return addBias(s, product(x, Reshape(w, in, out), 0), out)
	}
	y := Convolve2D(x, w, ConvOptions{Stride: [2]int{stride, stride}, Padding: [2][2]int{padding, padding}})
	return addBias(s, y, out)
}

// ZeroConv2D is [Conv2D] whose new weights start at zero, for the last layer of a residual branch.
func ZeroConv2D(s Scope, x *Node, out, kernel int) *Node {
	s.Param("weight", Constant(0), kernel, kernel, x.Shape().Dimensions[3], out)
	return Conv2D(s, x, out, kernel)
}

// Linear maps the last axis of x from in to out features: x W^T + b, parameters "weight" [out, in] and, where the
// network has one, "bias".
func Linear(s Scope, x *Node, out int) *Node { return linear(s, x, out, true) }

// LinearNoBias is [Linear] without a bias.
func LinearNoBias(s Scope, x *Node, out int) *Node { return linear(s, x, out, false) }

func linear(s Scope, x *Node, out int, bias bool) *Node {
	in := x.Shape().Dimensions[x.Rank()-1]
	y := product(x, s.Param("weight", FanIn(1), out, in), 1)
	if !bias {
		return y
	}
	return addBias(s, y, out)
}

// product multiplies the last axis of x with the given axis of a matrix. All other axes are folded into one first: the
// gradient by the matrix is then a plain matrix product, which XLA's CPU backend does several times faster.
func product(x, matrix *Node, axis int) *Node {
	dims := slices.Clone(x.Shape().Dimensions)
	last := len(dims) - 1
	y := DotGeneral(Reshape(x, -1, dims[last]), []int{1}, nil, matrix, []int{axis}, nil)
	dims[last] = matrix.Shape().Dimensions[1-axis]
	return Reshape(y, dims...)
}

func addBias(s Scope, y *Node, out int) *Node {
	if !s.Has("bias") {
		return y
	}
	return Add(y, alongLast(s.Param("bias", Constant(0), out), y.Rank()))
}

// alongLast reshapes a vector so that it broadcasts along the last axis of a tensor of the given rank.
func alongLast(v *Node, rank int) *Node {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1
	}
	dims[rank-1] = v.Shape().Dimensions[0]
	return Reshape(v, dims...)
}

// GroupNorm normalises x [batch, height, width, channels] over each group of channels and all positions, then scales
// and shifts each channel by "weight" and "bias".
func GroupNorm(s Scope, x *Node, groups int, eps float64) *Node {
	d := x.Shape().Dimensions
	channels := d[3]
	if channels%groups != 0 {
		exceptions.Panicf("group norm: %d channels cannot be split into %d groups", channels, groups)
	}
	scale := s.Param("weight", Constant(1), channels)
	shift := s.Param("bias", Constant(0), channels)
	// Sums run over positions first, with channels innermost, because that is what XLA's CPU backend vectorises;
	// averaging within groups is then left to a few numbers per picture.
	average := func(v *Node) *Node {
		m := Reshape(ReduceMean(v, 1), d[0], groups, channels/groups)
		m = BroadcastToDims(ReduceAndKeep(m, ReduceMean, 2), d[0], groups, channels/groups)
		return Reshape(m, d[0], 1, channels)
	}
	y := inFloat32(Reshape(x, d[0], d[1]*d[2], channels), func(h *Node) *Node {
		h = Sub(h, average(h))
		factor := Div(alongLast(Cast(scale, h.DType()), 3), Sqrt(AddScalar(average(Square(h)), eps)))
		return Add(Mul(h, factor), alongLast(Cast(shift, h.DType()), 3))
	})
	return Reshape(y, d...)
}

// LayerNorm normalises the last axis of x, then scales and shifts it by "weight" and "bias".
func LayerNorm(s Scope, x *Node, eps float64) *Node {
	n := x.Shape().Dimensions[x.Rank()-1]
	scale := s.Param("weight", Constant(1), n)
	shift := s.Param("bias", Constant(0), n)
	return inFloat32(x, func(x *Node) *Node {
		y := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
		y = Div(y, Sqrt(AddScalar(ReduceAndKeep(Square(y), ReduceMean, -1), eps)))
		return Add(Mul(y, alongLast(Cast(scale, y.DType()), x.Rank())), alongLast(Cast(shift, y.DType()), x.Rank()))
	})
}

// SiLU is x * sigmoid(x).
func SiLU(x *Node) *Node { return Mul(x, Sigmoid(x)) }

// GELU is the exact Gaussian error linear unit, x * Phi(x).
func GELU(x *Node) *Node {
	return Mul(x, MulScalar(OnePlus(Erf(MulScalar(x, 1/math.Sqrt2))), 0.5))
}

// QuickGELU is x * sigmoid(1.702 x), which OpenAI's CLIP models have in place of [GELU].
func QuickGELU(x *Node) *Node { return Mul(x, Sigmoid(MulScalar(x, 1.702))) }

// ReLU is max(x, 0).
func ReLU(x *Node) *Node { return Max(x, ZerosLike(x)) }

// Upsample2x doubles height and width of x [batch, height, width, channels] by repeating pixels.
func Upsample2x(x *Node) *Node {
	d := x.Shape().Dimensions
	y := Reshape(x, d[0], d[1], 1, d[2], 1, d[3])
	y = BroadcastToDims(y, d[0], d[1], 2, d[2], 2, d[3])
	return Reshape(y, d[0], 2*d[1], 2*d[2], d[3])
}

// SpaceToDepth folds p x p blocks of pixels into channels: [batch, height, width, channels] to
// [batch, height/p, width/p, p*p*channels].
func SpaceToDepth(x *Node, p int) *Node {
	if p == 1 {
		return x
	}
	d := x.Shape().Dimensions
	y := Reshape(x, d[0], d[1]/p, p, d[2]/p, p, d[3])
	return Reshape(TransposeAllAxes(y, 0, 1, 3, 2, 4, 5), d[0], d[1]/p, d[2]/p, p*p*d[3])
}

// DepthToSpace is the inverse of [SpaceToDepth].
func DepthToSpace(x *Node, p int) *Node {
	if p == 1 {
		return x
	}
	d := x.Shape().Dimensions
	y := Reshape(x, d[0], d[1], d[2], p, p, d[3]/(p*p))
	return Reshape(TransposeAllAxes(y, 0, 1, 3, 2, 4, 5), d[0], d[1]*p, d[2]*p, d[3]/(p*p))
}

// MaxPool2x halves height and width of x by the maximum of 2x2 blocks. Odd sizes are not accepted.
func MaxPool2x(x *Node) *Node {
	d := x.Shape().Dimensions
	if d[1]%2 != 0 || d[2]%2 != 0 {
		exceptions.Panicf("2x2 pooling needs even height and width, got %dx%d", d[1], d[2])
	}
	return ReduceMax(Reshape(x, d[0], d[1]/2, 2, d[2]/2, 2, d[3]), 2, 4)
}

// Embedding looks up rows of the table "weight" [rows, width] for ids of any shape; the result has one more axis.
func Embedding(s Scope, ids *Node, rows, width int) *Node {
	table := s.Param("weight", Normal(0.5), rows, width)
	return Gather(table, ExpandAxes(ids, -1))
}

// TimestepEmbedding turns timesteps t [batch] into [batch, dim] features, cosines first:
// cos(t f_i) | sin(t f_i), f_i = 10000^(-i/(dim/2)).
func TimestepEmbedding(t *Node, dim int, dtype dtypes.DType) *Node {
	half := dim / 2
	freqs := make([]float64, half)
	for i := range freqs {
		freqs[i] = math.Exp(-math.Log(10000) * float64(i) / float64(half))
	}
	// Half precision can't tell one timestep from the next.
	args := Mul(ExpandAxes(Cast(t, dtypes.Float32), -1), ExpandAxes(ConstAsDType(t.Graph(), dtypes.Float32, freqs), 0))
	return Cast(Concatenate([]*Node{Cos(args), Sin(args)}, -1), dtype)
}
