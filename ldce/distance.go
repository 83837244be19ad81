package ldce

import (
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/nn"
)

// Ways to guide, distances, and what filtered locations become: see [Options].
const (
	GuidanceConsensus = "consensus"
	GuidanceFree      = "free"

	DistanceL1            = "l1"
	DistanceL2            = "l2"
	DistanceFeatureCosine = featurePrefix + "cosine"
	DistanceFeatureL1     = featurePrefix + "l1"
	DistanceFeatureL2     = featurePrefix + "l2"

	OverwriteConstant      = "constant"
	OverwriteNoise         = "noise"
	OverwriteUnconditional = "unconditional"

	featurePrefix = "feature-"
)

var (
	distances  = []string{DistanceL1, DistanceL2, DistanceFeatureCosine, DistanceFeatureL1, DistanceFeatureL2}
	overwrites = []string{OverwriteConstant, OverwriteNoise, OverwriteUnconditional}
)

// Features is a network whose features of two pictures are compared, such as DINO or SimSiam.
type Features struct {
	Encoder classify.Encoder
	Params  *nn.Params
}

// distance is the distance [batch] of pictures in [0, 1], clamped, from the originals: the sum of absolute or squared differences of
// their values, or of their features, or one minus the cosine of these. Source: SPEC-LDCE 3.5.
func distance(unit *Node, in Inputs, o Options) *Node {
	unit = ClipScalar(unit, 0, 1)
	if !strings.HasPrefix(o.Distance, featurePrefix) {
		return apart(Sub(unit, in.Picture), o.Distance == DistanceL2, 1, 2, 3)
	}
	embed := func(x *Node) *Node { return o.Features.Encoder.Embed(in.Features, o.Features.Encoder.Preprocess(x)) }
	found, original := embed(unit), StopGradient(embed(in.Picture))
	if o.Distance == DistanceFeatureCosine {
		length := func(x *Node) *Node { return Sqrt(ReduceSum(Square(x), 1)) }
		return OneMinus(Div(ReduceSum(Mul(found, original), 1), Mul(length(found), length(original))))
	}
	return apart(Sub(found, original), o.Distance == DistanceFeatureL2, 1)
}

func apart(d *Node, squared bool, axes ...int) *Node {
	if squared {
		return ReduceSum(Square(d), axes...)
	}
	return ReduceSum(Abs(d), axes...)
}
