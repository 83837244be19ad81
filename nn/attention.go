package nn

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Attention is softmax(q k^T / sqrt(width of a head)) v over several heads: q [batch, n, heads*d], k and v
// [batch, m, heads*d], result as q.
func Attention(q, k, v *Node, heads int) *Node {
	width := q.Shape().Dimensions[2]
	if width%heads != 0 {
		exceptions.Panicf("attention: width %d cannot be split into %d heads", width, heads)
	}
	d := width / heads
	split := func(x *Node) *Node {
		return Reshape(x, x.Shape().Dimensions[0], x.Shape().Dimensions[1], heads, d)
	}
	q, k, v = split(q), split(k), split(v)
	scores := Einsum("bnhd,bmhd->bhnm", MulScalar(q, 1/math.Sqrt(float64(d))), k)
	out := Einsum("bhnm,bmhd->bnhd", Softmax(scores, -1), v)
	return Reshape(out, out.Shape().Dimensions[0], out.Shape().Dimensions[1], width)
}
