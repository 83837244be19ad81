package eced

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// BackgroundLoss compares pictures [batch, height, width, channels] in [-1, 1] where the mask [batch, height, width, 1]
// is 0: the mean squared or absolute difference over background pixels and channels. Source: the paper's Eq. 5 and 12.
func BackgroundLoss(image, reference, mask *Node, kind string) *Node {
	background := OneMinus(mask)
	d := Mul(Sub(image, reference), background)
	n := MulScalar(ReduceAllSum(background), float64(reference.Shape().Dimensions[3]))
	if kind == "l1" {
		return Div(ReduceAllSum(Abs(d)), n)
	}
	return Div(ReduceAllSum(Square(d)), n)
}

// positions of the networks that the fitting program binds: the decoder being fitted and its Adam moments
const (
	netDecoder = iota
	netM
	netV
)

// fitProgram is one step of stage B: background latent and decoder together, on the latent noised to the level that
// stage C hands to the decoder. Arguments: latent, its moments m and v, picture in [-1, 1], mask, noise, alpha,
// latent rate, decoder rate, step counted from 1. Results: loss, latent, m, v, then for each fitted parameter its value, m and v.
type fitProgram struct {
	program *nn.Program
	fitted  []string // names of the decoder's parameters, known once the program was called
}

func newFitProgram(m counterfactual.Models, o Options) *fitProgram {
	f := &fitProgram{}
	f.program = nn.NewProgram(m.Backend, "eced background", func(nets []nn.Scope, args []*Node) []*Node {
		z, mz, vz, reference, mask, noise, alpha := args[0], args[1], args[2], args[3], args[4], args[5], args[6]
		latentRate, decoderRate, step := args[7], args[8], args[9]
		image := m.Diffusion.Decode(nets[netDecoder], diffusion.AddNoise(z, alpha, noise))
		loss := BackgroundLoss(image, reference, mask, o.BackgroundLoss)
		names, params := nets[netDecoder].Used()
		f.fitted = names
		// the barrier keeps XLA from computing a gradient again for every value that is made of it
		grads := OptimizationBarriers(Gradient(loss, append([]*Node{z}, params...)...)...)
		latentAdam := o.Adam
		latentAdam.WeightDecay = 0
		newZ, newM, newV := latentAdam.Update(z, grads[0], mz, vz, latentRate, step)
		return append([]*Node{loss, newZ, newM, newV},
			o.Adam.UpdateParams(names, params, grads[1:], nets[netM], nets[netV], decoderRate, step)...)
	})
	return f
}
