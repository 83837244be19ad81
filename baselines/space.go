package baselines

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// ancestral returns the mean of an ancestral step from latent z, the clean latent and the noise estimate.
func ancestral(m counterfactual.Models, n counterfactual.Nets, z, condition *Node, step diffusion.AncestralNodes) (mean, x0, eps *Node) {
	eps = m.Diffusion.Denoiser.Eps(n.Denoiser, z, diffusion.Timesteps(step.T, z.Shape().Dimensions[0]), condition)
	mean, x0 = step.Mean(z, eps)
	return mean, x0, eps
}

// newAncestralChain is the unguided chain. Arguments beside the latent: noise, condition, the step's numbers.
func newAncestralChain(m counterfactual.Models) *nn.Chain {
	return nn.NewChain(m.Backend, "ancestral step", func(s []nn.Scope, a []*Node) *Node {
		step, _ := diffusion.AncestralArgs(a[3:])
		mean, _, _ := ancestral(m, counterfactual.BindNets(s), a[0], a[2], step)
		return step.AddStepNoise(mean, a[1])
	})
}

// newNoising takes latents to a noise level. Arguments: latent, alpha, noise.
func newNoising(m counterfactual.Models) *nn.Program {
	return nn.NewProgram(m.Backend, "noise", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{diffusion.AddNoise(a[0], a[1], a[2])}
	})
}

// newBlending keeps one latent or picture where a mask is 1 and another elsewhere. Arguments: kept, other, mask.
func newBlending(m counterfactual.Models) *nn.Program {
	return nn.NewProgram(m.Backend, "blend", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{diffusion.Blend(a[0], a[1], a[2])}
	})
}

// newImaging decodes latents to pictures, nominally in [0, 1], not clamped.
func newImaging(m counterfactual.Models) *nn.Program {
	return nn.NewProgram(m.Backend, "image", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{m.DecodeUnit(counterfactual.BindNets(s), a[0])}
	})
}

// noised is a batch's latent at the level of a step, by the noise of a stream.
func noised(program *nn.Program, b *Batch, z *tensors.Tensor, step diffusion.AncestralStep, stream string) (*tensors.Tensor, error) {
	noise, err := b.noise("%s", stream)
	if err != nil {
		return nil, err
	}
	defer nn.Free(noise)
	return program.Call1(nil, z, float32(step.Alpha), noise)
}

// perSampleNorm is the L2 norm over all axes but the first, kept.
func perSampleNorm(x *Node) *Node { return Sqrt(ReduceAndKeep(Square(x), ReduceSum, 1, 2, 3)) }

// unit divides each sample by its norm; zero stays zero.
func unit(x *Node) *Node { return Div(x, MaxScalar(perSampleNorm(x), 1e-37)) }
