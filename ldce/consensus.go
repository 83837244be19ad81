package ldce

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Consensus says which patches of a score agree with a reference direction, both [batch, height, width, channels]: 1 in
// keep [batch, height/patch, width/patch] unless the angle between the two is larger than gamma, given as its cosine. A patch
// whose angle doesn't exist (one of the vectors is zero) is kept. Source: the paper's Eq. 10 and 11; SPEC-LDCE 3.6.
func Consensus(score, reference, cosGamma *Node, patch int) (keep *Node) {
	cosine, norms := agreement(score, reference, patch)
	// 0/0 must count as kept; clamping may turn NaN into a number, so the zero norms are asked for themselves
	kept := LogicalOr(LogicalNot(LessThan(cosine, cosGamma)), LessOrEqual(norms, ScalarZero(norms.Graph(), norms.DType())))
	return ConvertDType(kept, score.DType())
}

// Cosines returns the cosine of the angle at each patch [batch, height/patch, width/patch], NaN where a vector is zero.
func Cosines(score, reference *Node, patch int) *Node {
	cosine, norms := agreement(score, reference, patch)
	return Where(LessOrEqual(norms, ScalarZero(norms.Graph(), norms.DType())), ConstAs(cosine, math.NaN()), cosine)
}

func agreement(score, reference *Node, patch int) (cosine, norms *Node) {
	s, r := patches(score, patch), patches(reference, patch)
	norms = Mul(Sqrt(ReduceSum(Square(s), 3, 4)), Sqrt(ReduceSum(Square(r), 3, 4)))
	return ClipScalar(Div(ReduceSum(Mul(s, r), 3, 4), norms), -1, 1), norms
}

// Filter keeps the score's patches where keep is 1 and has those of by, of the score's shape, elsewhere.
func Filter(score, keep, by *Node) *Node {
	d, k := score.Shape().Dimensions, keep.Shape().Dimensions
	patch := d[1] / k[1]
	full := BroadcastToDims(ExpandAxes(GreaterThan(keep, ZerosLike(keep)), 2, 4, 5), d[0], k[1], patch, k[2], patch, d[3])
	return Where(Reshape(full, d...), score, by)
}

// Cone turns each patch of a score by gamma towards that of the reference: what it adds is orthogonal to the score, and
// |score| tan(gamma) long. It is NaN where a vector is zero. Source: public code (cone projection); SPEC-LDCE section 5.
func Cone(score, reference, cosGamma *Node, patch int) *Node {
	s, r := patches(score, patch), patches(reference, patch)
	dot := func(a, b *Node) *Node { return ReduceAndKeep(Mul(a, b), ReduceSum, 3, 4) }
	length := func(x *Node) *Node { return Sqrt(dot(x, x)) }
	unit := Div(s, length(s))
	orthogonal := Sub(r, Mul(dot(r, unit), unit))
	tangent := Div(Sqrt(OneMinus(Square(cosGamma))), cosGamma)
	turned := Add(s, Mul(Mul(length(s), tangent), Div(orthogonal, length(orthogonal))))
	return unpatch(turned, score.Shape().Dimensions, patch)
}

// asLong gives the patches of a direction the lengths of those of like.
func asLong(direction, like *Node, patch int) *Node {
	d, l := patches(direction, patch), patches(like, patch)
	length := func(x *Node) *Node { return Sqrt(ReduceAndKeep(Square(x), ReduceSum, 3, 4)) }
	return unpatch(Mul(Div(d, MaxScalar(length(d), smallestLength)), length(l)), like.Shape().Dimensions, patch)
}

// smallestLength keeps a division by the length of a zero vector finite: the smallest normal number of float32.
const smallestLength = 1e-37

// CosDegrees is the cosine of an angle in degrees. It is exact at 0, 90 and 180 degrees, which are among the angles that
// papers set and vectors form.
func CosDegrees(angle float64) float32 { return float32(math.Sin((90 - angle) * math.Pi / 180)) }

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
