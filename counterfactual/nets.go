package counterfactual

import (
	"github.com/gomlx/gomlx/core/graph"

	"otherwise/diffusion"
	"otherwise/nn"
)

// Nets are the models' networks in a graph, in the order in which [Models.Params] binds them. A program that uses not all of
// them is bound to those it uses.
type Nets struct{ Denoiser, Autoencoder, Classifier nn.Scope }

// BindNets names the first three networks of a program that is called with [Models.Params].
func BindNets(s []nn.Scope) Nets { return Nets{Denoiser: s[0], Autoencoder: s[1], Classifier: s[2]} }

// Params are the parameters of denoiser, autoencoder and classifier.
func (m Models) Params() []*nn.Params {
	return []*nn.Params{m.Diffusion.DenoiserParams, m.Diffusion.AutoencoderParams, m.Classifier.Params}
}

// DecodeUnit returns the pictures of latents z, nominally in [0, 1]. They are not clamped: clamping would cut gradients.
func (m Models) DecodeUnit(n Nets, z *graph.Node) *graph.Node {
	return diffusion.ToUnit(m.Diffusion.Decode(n.Autoencoder, z))
}

// EncodeUnit returns the latents of pictures in [0, 1], the mean of the encoder's posterior.
func (m Models) EncodeUnit(n Nets, picture *graph.Node) *graph.Node {
	return m.Diffusion.Encode(n.Autoencoder, diffusion.FromUnit(picture), nil)
}
