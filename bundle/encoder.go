package bundle

import (
	"github.com/gomlx/compute"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/nn"
	"otherwise/weights"
)

// Encoder gives features to compare pictures by. It was fitted without labels.
type Encoder struct {
	Network classify.ConvEncoder
	Params  *nn.Params
}

// Embedder gives the encoder's features of pictures; nil where the bundle has no encoder.
func (b *Bundle) Embedder() *counterfactual.Embedder {
	if b.Encoder == nil {
		return nil
	}
	return counterfactual.NewEmbedder(b.Models.Backend, b.Encoder.Network, b.Encoder.Params)
}

// Activations gives the activations of the encoder's layers; nil where the bundle has no encoder.
func (b *Bundle) Activations() *counterfactual.Activations {
	if b.Encoder == nil {
		return nil
	}
	return counterfactual.NewActivations(b.Models.Backend, b.Encoder.Network, b.Encoder.Params)
}

func (b *Bundle) loadEncoder(backend compute.Backend, stored *weights.Bundle) (*Encoder, error) {
	var c classify.ConvEncoder
	params, err := b.loadNetwork(backend, stored, NetEncoder, ArchEncoder, &c)
	if err != nil {
		return nil, err
	}
	return &Encoder{c, params}, c.Validate()
}
