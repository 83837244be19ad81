package ldce

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// consensus filters a score by its agreement with a reference direction, both [batch, height, width, channels].
// A patch is kept unless the angle between the two is larger than gamma, given as its cosine; a kept patch whose angle
// doesn't exist (one of the vectors is zero) stays. Filtered entries become overwrite, or, with cone, filtered patches are
// turned by gamma towards the reference.
// keep is [batch, height/patch, width/patch], 1 where kept. Source: the paper's Eq. 10 and 11; SPEC-LDCE 3.6.
func consensus(score, reference, cosGamma *Node, patch int, overwrite float64, cone bool) (filtered, keep *Node) {
	s, r := patches(score, patch), patches(reference, patch)
	norms := Mul(Sqrt(ReduceSum(Square(s), 3, 4)), Sqrt(ReduceSum(Square(r), 3, 4)))
	cosine := ClipScalar(Div(ReduceSum(Mul(s, r), 3, 4), norms), -1, 1)
	// 0/0 must count as kept; clamping may turn NaN into a number, so the zero norms are asked for themselves
	kept := LogicalOr(LogicalNot(LessThan(cosine, cosGamma)), LessOrEqual(norms, ScalarZero(norms.Graph(), norms.DType())))
	d := score.Shape().Dimensions
	full := BroadcastToDims(ExpandAxes(kept, 2, 4, 5), d[0], d[1]/patch, patch, d[2]/patch, patch, d[3])
	other := MulScalar(OnesLike(score), overwrite)
	if cone {
		other = unpatch(turned(s, r, cosGamma), d, patch)
	}
	filtered = Where(Reshape(full, d...), score, other)
	return filtered, ConvertDType(kept, score.DType())
}

// patches reshapes [batch, height, width, channels] to [batch, height/p, width/p, p*p, channels].
func patches(x *Node, p int) *Node {
	d := x.Shape().Dimensions
	if d[1]%p != 0 || d[2]%p != 0 {
		exceptions.Panicf("consensus patches of %d don't divide a latent of %dx%d", p, d[1], d[2])
	}
	y := Reshape(x, d[0], d[1]/p, p, d[2]/p, p, d[3])
	return Reshape(TransposeAllAxes(y, 0, 1, 3, 2, 4, 5), d[0], d[1]/p, d[2]/p, p*p, d[3])
}

// unpatch is the inverse of patches, to the dimensions d.
func unpatch(y *Node, d []int, p int) *Node {
	y = Reshape(y, d[0], d[1]/p, d[2]/p, p, p, d[3])
	return Reshape(TransposeAllAxes(y, 0, 1, 3, 2, 4, 5), d...)
}

// turned turns each patch of s by gamma towards that of r: what it adds is orthogonal to s, and |s| tan(gamma) long.
// Source: public code (cone projection); SPEC-LDCE section 5.
func turned(s, r, cosGamma *Node) *Node {
	dot := func(a, b *Node) *Node { return ReduceAndKeep(Mul(a, b), ReduceSum, 3, 4) }
	length := func(x *Node) *Node { return Sqrt(dot(x, x)) }
	unit := Div(s, length(s))
	orthogonal := Sub(r, Mul(dot(r, unit), unit))
	tangent := Div(Sqrt(OneMinus(Square(cosGamma))), cosGamma)
	return Add(s, Mul(Mul(length(s), tangent), Div(orthogonal, length(orthogonal))))
}
