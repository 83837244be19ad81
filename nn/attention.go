package nn

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Attention is softmax(q k^T / sqrt(width of a head)) v over several heads: q [batch, n, heads*d], k and v
// [batch, m, heads*d], result as q.
func Attention(q, k, v *Node, heads int) *Node { return attend(q, k, v, heads, nil) }

// CausalAttention is [Attention] in which a position sees itself and those before it only, as in CLIP's text towers.
func CausalAttention(q, k, v *Node, heads int) *Node {
	g, n, dtype := q.Graph(), q.Shape().Dimensions[1], q.DType()
	mask := Where(LowerTriangular(g, n), ScalarZero(g, dtype), ConstAsDType(g, dtype, math.Inf(-1)))
	return attend(q, k, v, heads, ExpandAxes(mask, 0, 1))
}

// BiasedAttention is [Attention] with bias, [batch or 1, heads or 1, n, m], added to the scaled products of queries and keys
// before the softmax: a table of relative positions, or a mask of zeros and negative numbers.
func BiasedAttention(q, k, v *Node, heads int, bias *Node) *Node { return attend(q, k, v, heads, bias) }

func attend(q, k, v *Node, heads int, bias *Node) *Node {
	width := q.Shape().Dimensions[2]
	if width%heads != 0 {
		exceptions.Panicf("attention: width %d cannot be split into %d heads", width, heads)
	}
	d := width / heads
	split := func(x *Node) *Node {
		return Reshape(x, x.Shape().Dimensions[0], x.Shape().Dimensions[1], heads, d)
	}
	scores := Einsum("bnhd,bmhd->bhnm", MulScalar(split(q), 1/math.Sqrt(float64(d))), split(k))
	if bias != nil {
		scores = Add(scores, BroadcastToDims(bias, scores.Shape().Dimensions...))
	}
	shares := inFloat32(scores, func(x *Node) *Node { return Softmax(x, -1) })
	return Reshape(Einsum("bhnm,bmhd->bnhd", shares, split(v)), q.Shape().Dimensions...)
}
