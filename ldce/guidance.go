package ldce

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/diffusion"
)

// inputs of a guided step, beside the latent. Scalars are arguments rather than constants, so that a sweep over them
// compiles nothing anew.
type inputs struct {
	t, alpha                   *Node // int32 and float scalar
	unconditional, conditional *Node // condition tokens [batch, tokens, width]
	target                     *Node // [batch] int32
	picture                    *Node // [batch, height, width, channels] in [0, 1]
	guidance, lambdaC, lambdaD *Node // scalars
	cosGamma                   *Node
}

// guided is one guided noise estimate with what led to it. Latent shapes are [batch, height, width, channels].
type guided struct {
	eps            *Node // the estimate
	epsU, epsC     *Node // unconditional and conditional estimates
	x0             *Node // clean latent that epsU implies
	image          *Node // its picture, nominally in [-1, 1]
	logProb        *Node // [batch] of the target
	distance       *Node // [batch]
	gradC, gradD   *Node
	score          *Node // classifier's score before filtering
	filtered, keep *Node
	termC, termD   *Node // weighted terms
}

// guidedEps is the consensus-guided noise estimate at latent z. Source: the paper's Eq. 7 to 11; SPEC-LDCE section 3.
func guidedEps(m counterfactual.Models, o Options, n counterfactual.Nets, z *Node, in inputs) guided {
	var out guided
	batch := z.Shape().Dimensions[0]
	t := diffusion.Timesteps(in.t, batch)
	out.epsU = m.Diffusion.Denoiser.Eps(n.Denoiser, z, t, in.unconditional)
	out.epsC = m.Diffusion.Denoiser.Eps(n.Denoiser, z, t, in.conditional)
	through := out.epsU
	if o.DetachDenoiser {
		through = StopGradient(through)
	}
	out.x0 = diffusion.PredictX0(z, through, in.alpha)
	out.image = m.Diffusion.Decode(n.Autoencoder, out.x0)
	unit := diffusion.ToUnit(out.image)
	out.logProb = m.Classifier.LogProb(n.Classifier, unit, in.target)
	out.distance = distance(unit, in.picture, o.Distance)
	out.gradC = Gradient(ReduceAllSum(out.logProb), z)[0]
	out.gradD = Gradient(ReduceAllSum(out.distance), z)[0]

	noiseLevel := Sqrt(OneMinus(in.alpha))
	direction := Sub(out.epsC, out.epsU)
	out.score = Neg(Mul(noiseLevel, out.gradC))
	out.filtered = out.score
	if o.NoConsensus {
		out.keep = OnesLike(ReduceMean(out.score, 3))
	} else {
		out.filtered, out.keep = consensus(out.score, direction, in.cosGamma, o.Patch, o.Overwrite, o.Cone)
	}
	termC, termD := out.filtered, Mul(noiseLevel, out.gradD)
	if !o.NoNormMatching {
		termC, termD = diffusion.MatchNorm(termC, direction), diffusion.MatchNorm(termD, direction)
	}
	out.termC, out.termD = Mul(in.lambdaC, termC), Mul(in.lambdaD, termD)
	out.eps = Add(out.epsU, Mul(in.guidance, Add(out.termC, out.termD)))
	return out
}

// distance is the sum of absolute or squared differences [batch] between pictures, the first clamped to [0, 1].
// Source: SPEC-LDCE 3.5.
func distance(unit, reference *Node, kind string) *Node {
	d := Sub(ClipScalar(unit, 0, 1), reference)
	if kind == "l2" {
		return ReduceSum(Square(d), 1, 2, 3)
	}
	return ReduceSum(Abs(d), 1, 2, 3)
}
