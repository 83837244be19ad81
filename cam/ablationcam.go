package cam

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// byAblation returns the activations, and sets the weights that AblationCAM gives their channels: (s - s_k) / s, with the class's
// logit s and s_k without channel k.
func (m *Mapper) byAblation(ctx context.Context, p counterfactual.Picture, picture *tensors.Tensor, class int, e *Explanation) (*tensors.Tensor, error) {
	x, activations, logits, err := m.observe(picture)
	if err != nil {
		return nil, err
	}
	defer nn.Free(x, logits)
	channels := activations.Shape().Dimensions[3]
	drops, _, err := m.channelwise(ctx, p, channels, func(numbers []int32) ([]*tensors.Tensor, error) {
		return m.programs.ablate.Call(m.nets(), x, logits, numbers, int32(class))
	})
	if err == nil {
		err = anyDiffers(drops)
	}
	if err != nil {
		nn.Free(activations)
		return nil, err
	}
	e.Weights = drops
	return activations, nil
}

// anyDiffers tells a network in which no channel matters, as one that doesn't go on with what its tap returns.
func anyDiffers(drops []float32) error {
	for _, d := range drops {
		if d != 0 {
			return nil
		}
	}
	return fmt.Errorf("%w: taking away any channel changes nothing; choose another layer", ErrFlatMap)
}

// ablate classifies the input without each of a batch of channels.
func (g grapher) ablate(nets []nn.Scope, args []*Node) []*Node {
	x, logits, channels, class := args[0], args[1], args[2], args[3]
	d := x.Shape().Dimensions
	batch := channels.Shape().Dimensions[0]
	without := g.classifier.Network.Forward(nets[0], BroadcastToDims(x, batch, d[1], d[2], d[3]), func(layer string, a *Node) *Node {
		if layer != g.options.Layer {
			return a
		}
		gone := OneHot(channels, a.Shape().Dimensions[3], a.DType())
		return Mul(a, OneMinus(ExpandAxes(gone, 1, 2)))
	})
	score := g.classScore(logits, class)
	return []*Node{Div(Sub(score, g.classScore(without, class)), score)}
}
