package ldce

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// programs are LDCE's compiled graphs.
type programs struct {
	encode  *nn.Program // picture, posterior noise, abduction noise, alpha -> noised latent, reconstruction
	step    *nn.Program // one guided denoising step
	decode  *nn.Program // latent -> picture in [0, 1]
	renoise *nn.Program // latent, share of its signal that stays, noise -> latent at a higher noise level
}

// length is the Euclidean norm of each sample [batch].
func length(x *Node) *Node { return Sqrt(ReduceSum(Square(x), 1, 2, 3)) }

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
		in := Inputs{T: args[4], Alpha: args[5], Unconditional: args[6], Conditional: args[7], Target: args[8],
			Picture: args[9], Guidance: args[10], LambdaC: args[11], LambdaD: args[12], CosGamma: args[13], Noise: args[14]}
		if o.Features != nil {
			in.Features = s[3]
		}
		g := GuidedEps(m, o, counterfactual.BindNets(s), z, in)
		prev, _ := diffusion.DDIMStep(z, g.Eps, in.Alpha, alphaPrev, sigma, noise)
		out := []*Node{prev, ClipScalar(diffusion.ToUnit(g.Image), 0, 1), g.LogProb, g.Keep, g.Cosines, length(g.TermC), length(g.TermD)}
		if o.TraceFields {
			out = append(out, g.GradC, Sub(g.EpsU, g.EpsC), g.X0)
		}
		return out
	}
	decode := func(s []nn.Scope, args []*Node) []*Node {
		return []*Node{ClipScalar(m.DecodeUnit(counterfactual.BindNets(s), args[0]), 0, 1)}
	}
	return programs{
		encode: nn.NewProgram(m.Backend, "ldce encode", encode),
		step:   nn.NewProgram(m.Backend, "ldce step", step),
		decode: nn.NewProgram(m.Backend, "ldce decode", decode),
		renoise: nn.NewProgram(m.Backend, "ldce renoise", func(_ []nn.Scope, args []*Node) []*Node {
			return []*Node{diffusion.AddNoise(args[0], args[1], args[2])}
		}),
	}
}
