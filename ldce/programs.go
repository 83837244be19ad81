package ldce

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// programs are LDCE's compiled graphs.
type programs struct {
	encode *nn.Program // picture, posterior noise, abduction noise, alpha -> noised latent, reconstruction
	step   *nn.Program // one guided denoising step
	decode *nn.Program // latent -> picture in [0, 1]
}

func newPrograms(m counterfactual.Models, o Options) programs {
	encode := func(s []nn.Scope, args []*Node) []*Node {
		picture, posterior, noise, alpha := args[0], args[1], args[2], args[3]
		n := counterfactual.BindNets(s)
		if o.EncodeMean {
			posterior = nil
		}
		z := m.Diffusion.Encode(n.Autoencoder, diffusion.FromUnit(picture), posterior)
		reconstruction := ClipScalar(diffusion.ToUnit(m.Diffusion.Decode(n.Autoencoder, z)), 0, 1)
		return []*Node{diffusion.AddNoise(z, alpha, noise), reconstruction}
	}
	step := func(s []nn.Scope, args []*Node) []*Node {
		z, alphaPrev, sigma, noise := args[0], args[1], args[2], args[3]
		in := inputs{t: args[4], alpha: args[5], unconditional: args[6], conditional: args[7], target: args[8],
			picture: args[9], guidance: args[10], lambdaC: args[11], lambdaD: args[12], cosGamma: args[13]}
		g := guidedEps(m, o, counterfactual.BindNets(s), z, in)
		prev, _ := diffusion.DDIMStep(z, g.eps, in.alpha, alphaPrev, sigma, noise)
		return []*Node{prev, ClipScalar(diffusion.ToUnit(g.image), 0, 1), g.logProb, g.distance, g.keep}
	}
	decode := func(s []nn.Scope, args []*Node) []*Node {
		return []*Node{ClipScalar(m.DecodeUnit(counterfactual.BindNets(s), args[0]), 0, 1)}
	}
	return programs{
		encode: nn.NewProgram(m.Backend, "ldce encode", encode),
		step:   nn.NewProgram(m.Backend, "ldce step", step),
		decode: nn.NewProgram(m.Backend, "ldce decode", decode),
	}
}
