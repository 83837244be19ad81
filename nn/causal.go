package nn

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// CausalAttention is self-attention as [Attention] computes it, in which a position sees itself and those before it
// only, as in CLIP's text towers: q, k, v and the result are [batch, n, heads*d].
func CausalAttention(q, k, v *Node, heads int) *Node {
	b, n, width := q.Shape().Dimensions[0], q.Shape().Dimensions[1], q.Shape().Dimensions[2]
	if width%heads != 0 {
		exceptions.Panicf("causal attention: width %d cannot be split into %d heads", width, heads)
	}
	d := width / heads
	split := func(x *Node) *Node { return Reshape(x, b, n, heads, d) }
	scores := Einsum("bnhd,bmhd->bhnm", MulScalar(split(q), 1/math.Sqrt(float64(d))), split(k))
	hidden := ConstAsDType(q.Graph(), scores.DType(), math.Inf(-1))
	mask := Where(LowerTriangular(q.Graph(), n), ScalarZero(q.Graph(), scores.DType()), hidden)
	scores = Add(scores, ExpandAxes(mask, 0, 1))
	return Reshape(Einsum("bhnm,bmhd->bnhd", Softmax(scores, -1), split(v)), b, n, width)
}

// QuickGELU is x * sigmoid(1.702 x), which OpenAI's CLIP models have in place of [GELU].
func QuickGELU(x *Node) *Node { return Mul(x, Sigmoid(MulScalar(x, 1.702))) }
