package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// What a network may have been trained to estimate, named as in published configurations.
const (
	PredictsNoise    = "epsilon"
	PredictsVelocity = "v_prediction" // sqrt(alpha) noise - sqrt(1-alpha) z0: Salimans and Ho, 2022
	PredictsLatent   = "sample"       // the clean latent
)

// Predicting makes a denoiser, which estimates the noise, of a network that was trained to estimate what prediction
// names, on the given schedule. "" stands for "epsilon".
func Predicting(network Denoiser, prediction string, s Schedule) (Denoiser, error) {
	switch prediction {
	case "", PredictsNoise:
		return network, nil
	case PredictsVelocity, PredictsLatent:
		p := predictor{network: network, latent: prediction == PredictsLatent}
		for _, alpha := range s.AlphasCumprod {
			p.signal, p.noise = append(p.signal, math.Sqrt(alpha)), append(p.noise, math.Sqrt(1-alpha))
		}
		return p, nil
	}
	return nil, fmt.Errorf("unknown prediction_type %q; legal are %s, %s and %s", prediction, PredictsNoise, PredictsVelocity, PredictsLatent)
}

// Trained is the inverse of [Predicting]: the network within a denoiser, and what it was trained to estimate.
func Trained(d Denoiser) (network Denoiser, prediction string) {
	p, is := d.(predictor)
	switch {
	case !is:
		return d, PredictsNoise
	case p.latent:
		return p.network, PredictsLatent
	}
	return p.network, PredictsVelocity
}

// predictor turns a network's estimates of velocity or clean latent into those of the noise.
type predictor struct {
	network       Denoiser
	latent        bool
	signal, noise []float64 // sqrt(alpha) and sqrt(1-alpha) by timestep
}

// Eps returns the noise that the network's estimate implies.
func (p predictor) Eps(s nn.Scope, z, t, cond *Node) *Node {
	at := func(table []float64) *Node {
		values := Gather(ConstAsDType(z.Graph(), z.DType(), table), ExpandAxes(t, -1))
		return Reshape(values, -1, 1, 1, 1)
	}
	estimate := p.network.Eps(s, z, t, cond)
	if p.latent {
		return Div(Sub(z, Mul(at(p.signal), estimate)), at(p.noise))
	}
	return Add(Mul(at(p.signal), estimate), Mul(at(p.noise), z))
}
