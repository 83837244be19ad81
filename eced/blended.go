package eced

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// stepInputs are what one blended denoising step takes beside the latent.
type stepInputs struct {
	background, mask           *Node // clean background latent; mask on the latent's grid
	backgroundNoise, stepNoise *Node
	t, alpha, alphaPrev, sigma *Node // scalars
	conditional, unconditional *Node // tokens
	guidance                   *Node
}

// blendedStep denoises z by one DDIM step towards the condition and puts the background, noised to the same level, in
// place where the mask is 0. Source: the paper's Eq. 6 to 8; SPEC-ECED section 4.
func blendedStep(m counterfactual.Models, denoiser nn.Scope, z *Node, in stepInputs, guided bool) *Node {
	t := diffusion.Timesteps(in.t, z.Shape().Dimensions[0])
	eps := diffusion.GuidedEstimate(m.Diffusion.Denoiser, denoiser, z, t, in.unconditional, in.conditional, in.guidance, guided)
	foreground, _ := diffusion.DDIMStep(z, eps, in.alpha, in.alphaPrev, in.sigma, in.stepNoise)
	return diffusion.Blend(foreground, diffusion.AddNoise(in.background, in.alphaPrev, in.backgroundNoise), in.mask)
}

// programs are ECED's compiled graphs.
type programs struct {
	encode *nn.Program // picture, posterior noise -> latent
	fit    *fitProgram
	start  *nn.Program // foreground, background, mask, noise, alpha -> noised blend
	noise  *nn.Program // noised latent, the clean one, alpha -> the noise between them
	steps  *nn.Chain   // blended steps, differentiated one by one
	head   *nn.Program // final latent -> picture, log-probability, gradient of the loss
	pull   *nn.Program // gradient by the final latent, mask -> its lengths inside the mask and everywhere
	update *nn.Program // gradient -> pruned to the mask, and Adam
}

func newPrograms(m counterfactual.Models, o Options) programs {
	guided := *o.GuidanceScale != 1
	step := func(s []nn.Scope, a []*Node) *Node {
		return blendedStep(m, s[0], a[0], stepInputs{background: a[1], mask: a[2], backgroundNoise: a[3], stepNoise: a[4],
			t: a[5], alpha: a[6], alphaPrev: a[7], sigma: a[8], conditional: a[9], unconditional: a[10], guidance: a[11]}, guided)
	}
	program := func(name string, build nn.GraphFunc) *nn.Program {
		return nn.NewProgram(m.Backend, "eced "+name, build)
	}
	return programs{
		encode: program("encode", func(s []nn.Scope, a []*Node) []*Node {
			return []*Node{m.Diffusion.Encode(s[0], diffusion.FromUnit(a[0]), nil)}
		}),
		fit: newFitProgram(m, o),
		start: program("start", func(_ []nn.Scope, a []*Node) []*Node {
			return []*Node{diffusion.AddNoise(diffusion.Blend(a[0], a[1], a[2]), a[4], a[3])}
		}),
		noise: program("noise", func(_ []nn.Scope, a []*Node) []*Node {
			return []*Node{diffusion.NoiseBetween(a[0], a[1], a[2])}
		}),
		steps: nn.NewChain(m.Backend, "eced step", step),
		head: program("head", func(s []nn.Scope, a []*Node) []*Node {
			image := ClipScalar(diffusion.ToUnit(m.Diffusion.Decode(s[0], a[0])), 0, 1)
			logProb := m.Classifier.LogProb(s[1], image, a[1])
			loss := Neg(ReduceAllSum(logProb)) // "total cross-entropy" (paper)
			return []*Node{image, logProb, Gradient(loss, a[0])[0]}
		}),
		pull: program("pull", func(_ []nn.Scope, a []*Node) []*Node {
			length := func(x *Node) *Node { return Sqrt(ReduceSum(Square(x), 1, 2, 3)) }
			return []*Node{length(Mul(a[0], a[1])), length(a[0])}
		}),
		update: program("update", func(_ []nn.Scope, a []*Node) []*Node {
			foreground, gradient, mask, alpha := a[0], a[1], a[2], a[3]
			// the noised blend depends on the blend through sqrt(alpha); pruning is the product with the mask (Prop. 1)
			gradient = Mul(gradient, Sqrt(alpha))
			pruned := Mul(gradient, mask)
			adam := o.Adam
			adam.WeightDecay = 0
			newZ, newM, newV := adam.Update(foreground, pruned, a[4], a[5], a[6], a[7])
			return []*Node{newZ, newM, newV, gradient, pruned}
		}),
	}
}
