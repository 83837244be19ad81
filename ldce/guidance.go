package ldce

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// Inputs of a guided step, beside the latent. Scalars are arguments rather than constants, so that a sweep over them
// compiles nothing anew.
type Inputs struct {
	T, Alpha                   *Node // int32 and float scalar
	Unconditional, Conditional *Node // condition tokens [batch, tokens, width]
	Target                     *Node // [batch] int32
	Picture                    *Node // [batch, height, width, channels] in [0, 1]
	Guidance, LambdaC, LambdaD *Node // scalars
	CosGamma                   *Node // scalar, see CosDegrees
	// Noise is what Options.OverwriteBy "noise" takes, standard normal, of the latent's shape; else it may be nil.
	Noise *Node
	// Features is the scope of Options.Features' network, for distances between features.
	Features nn.Scope
}

// Guided is one guided noise estimate with what led to it. Latent shapes are [batch, height, width, channels].
type Guided struct {
	Eps          *Node // the estimate
	EpsU, EpsC   *Node // unconditional and conditional estimates
	X0           *Node // clean latent that EpsU implies
	Image        *Node // its picture, nominally in [-1, 1]
	LogProb      *Node // [batch] of the target
	Distance     *Node // [batch]
	GradC, GradD *Node // gradients of LogProb and Distance by the latent
	Score        *Node // classifier's score before filtering
	Keep         *Node // [batch, height/patch, width/patch], 1 where a patch is steered
	Cosines      *Node // of the angles that Keep follows from, NaN where there is none
	Filtered     *Node // the score after filtering
	TermC, TermD *Node // weighted terms
}

// GuidedEps is the consensus-guided noise estimate at latent z, for options that [Options.WithDefaults] has filled in. Source:
// the paper's Eq. 7 to 11; SPEC-LDCE section 3.
func GuidedEps(m counterfactual.Models, o Options, n counterfactual.Nets, z *Node, in Inputs) Guided {
	var out Guided
	t := diffusion.Timesteps(in.T, z.Shape().Dimensions[0])
	out.EpsU = m.Diffusion.Denoiser.Eps(n.Denoiser, z, t, in.Unconditional)
	out.EpsC = m.Diffusion.Denoiser.Eps(n.Denoiser, z, t, in.Conditional)
	through := out.EpsU
	if o.DetachDenoiser {
		through = StopGradient(through)
	}
	out.X0 = diffusion.PredictX0(z, through, in.Alpha)
	out.Image = m.Diffusion.Decode(n.Autoencoder, out.X0)
	unit := diffusion.ToUnit(out.Image)
	out.LogProb = m.Classifier.LogProb(n.Classifier, unit, in.Target)
	out.Distance = distance(unit, in, o)
	if o.Guidance == GuidanceFree {
		return out.free(in.Guidance)
	}
	out.GradC = Gradient(ReduceAllSum(out.LogProb), z)[0]
	out.GradD = Gradient(ReduceAllSum(out.Distance), z)[0]

	noiseLevel := Sqrt(OneMinus(in.Alpha))
	direction := Sub(out.EpsC, out.EpsU)
	out.Score = Neg(Mul(noiseLevel, out.GradC))
	out.Filtered = out.Score
	out.Cosines = Cosines(out.Score, direction, o.Patch)
	if o.NoConsensus {
		out.Keep = OnesLike(ReduceMean(out.Score, 3))
	} else {
		out.Keep = Consensus(out.Score, direction, in.CosGamma, o.Patch)
		out.Filtered = Filter(out.Score, out.Keep, out.replacement(o, direction, in))
	}
	termC, termD := out.Filtered, Mul(noiseLevel, out.GradD)
	if !o.NoNormMatching {
		termC, termD = diffusion.MatchNorm(termC, direction), diffusion.MatchNorm(termD, direction)
	}
	out.TermC, out.TermD = Mul(in.LambdaC, termC), Mul(in.LambdaD, termD)
	out.Eps = Add(out.EpsU, Mul(in.Guidance, Add(out.TermC, out.TermD)))
	return out
}

// replacement is what filtered patches of the score become.
func (g Guided) replacement(o Options, direction *Node, in Inputs) *Node {
	switch {
	case o.Cone:
		return Cone(g.Score, direction, in.CosGamma, o.Patch)
	case o.OverwriteBy == OverwriteNoise:
		return asLong(in.Noise, g.Score, o.Patch)
	case o.OverwriteBy == OverwriteUnconditional:
		return asLong(g.EpsU, g.Score, o.Patch)
	}
	return MulScalar(OnesLike(g.Score), o.Overwrite)
}

// free is classifier-free guidance alone. Every location is steered, by the class direction.
func (g Guided) free(scale *Node) Guided {
	g.Score, g.GradC, g.GradD = Sub(g.EpsC, g.EpsU), ZerosLike(g.EpsU), ZerosLike(g.EpsU)
	g.Filtered, g.TermC, g.TermD = g.Score, g.Score, ZerosLike(g.EpsU)
	g.Keep = OnesLike(ReduceMean(g.Score, 3))
	g.Cosines = g.Keep
	g.Eps = diffusion.GuidedEps(g.EpsU, g.EpsC, scale)
	return g
}
