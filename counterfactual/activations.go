package counterfactual

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/nn"
)

// Tapped is an encoder that shows the activations of its layers.
type Tapped interface {
	classify.Encoder
	// Features maps normalised pictures to features and shows tap each layer's activations [batch, height, width, channels].
	Features(s nn.Scope, x *graph.Node, tap classify.Tap) *graph.Node
}

// Activations gives the activations of an encoder's layers, to compare pictures by place.
type Activations struct {
	params  *nn.Params
	program *nn.Program
}

// NewActivations prepares an encoder with its parameters; nothing is compiled before the first call.
func NewActivations(backend compute.Backend, encoder Tapped, params *nn.Params) *Activations {
	return &Activations{params: params, program: nn.NewProgram(backend, "activations", func(nets []nn.Scope, args []*graph.Node) []*graph.Node {
		var maps []*graph.Node
		encoder.Features(nets[0], encoder.Preprocess(args[0]), classify.Watch(func(_ string, a *graph.Node) { maps = append(maps, a) }))
		return maps
	})}
}

// Of gives each picture's activations, one grid a layer, from input to output. All pictures must have one size.
func (a *Activations) Of(pictures ...Picture) ([][]Grid, error) {
	batch, err := Batch(pictures...)
	if err != nil {
		return nil, err
	}
	defer nn.Free(batch)
	layers, err := a.program.Call([]*nn.Params{a.params}, batch)
	if err != nil {
		return nil, fmt.Errorf("activations: %w", err)
	}
	defer nn.Free(layers...)
	out := make([][]Grid, len(pictures))
	for _, layer := range layers {
		grids, err := Grids(layer)
		if err != nil {
			return nil, err
		}
		for i, g := range grids {
			out[i] = append(out[i], g)
		}
	}
	return out, nil
}
