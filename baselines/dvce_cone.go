package baselines

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Cone moves the gradient of a robust classifier onto the cone of half angle alpha, in degrees, around the gradient of the target
// classifier. Both are [batch, height, width, channels], each sample one vector. It returns the moved gradient and the cosine of
// the angle between the two, [batch].
//
// The public code's rule: outside the cone the target's unit vector plus tan(alpha) times the unit vector of what is orthogonal to
// it in the robust gradient; inside the target's unit vector. A zero robust gradient, or one exactly opposite, gives the target's
// unit vector; a zero target 0. With exact it is the Euclidean projection instead (the text): inside the robust gradient itself,
// beyond 90+alpha degrees 0. Source: DVCE, Eq. 8 and public code; SPEC-BASELINES section 1.
func Cone(robust, target *Node, alpha float64, exact bool) (moved, cosine *Node) {
	radians := alpha * math.Pi / 180
	dot := func(a, b *Node) *Node { return ReduceAndKeep(Mul(a, b), ReduceSum, 1, 2, 3) }
	axis := unit(target)
	along := dot(robust, axis)
	orthogonal := Sub(robust, Mul(along, axis))
	length, across := perSampleNorm(robust), perSampleNorm(orthogonal)
	nothing := LessOrEqual(length, ZerosLike(length))
	kept := ClipScalar(Div(along, Where(nothing, OnesLike(length), length)), -1, 1)
	outside := LogicalAnd(LessThan(kept, ConstAs(kept, math.Cos(radians))), LogicalNot(nothing))
	full := func(condition *Node) *Node { return BroadcastToDims(condition, robust.Shape().Dimensions...) }
	if !exact {
		edge := Add(axis, MulScalar(unit(orthogonal), math.Tan(radians)))
		moved = Where(full(outside), edge, axis)
		noTarget := LessOrEqual(perSampleNorm(target), ZerosLike(length))
		return Where(full(noTarget), ZerosLike(robust), moved), Reshape(kept, -1)
	}
	edge := Add(MulScalar(axis, math.Cos(radians)), MulScalar(unit(orthogonal), math.Sin(radians)))
	// |robust| cos(angle - alpha), which is 0 or less from 90 degrees beyond the cone on
	reach := MaxScalar(Add(MulScalar(along, math.Cos(radians)), MulScalar(across, math.Sin(radians))), 0)
	return Where(full(outside), Mul(reach, edge), robust), Reshape(kept, -1)
}
