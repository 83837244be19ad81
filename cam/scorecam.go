package cam

import (
	"context"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/nn"
)

// byMasks returns the activations, and sets the weights that ScoreCAM gives their channels.
func (m *Mapper) byMasks(ctx context.Context, p counterfactual.Picture, picture *tensors.Tensor, class int, e *Explanation) (*tensors.Tensor, error) {
	x, activations, observed, err := m.observe(picture)
	if err != nil {
		return nil, err
	}
	defer nn.Free(x, observed)
	scores, logits, err := m.channelwise(ctx, p, activations.Shape().Dimensions[3], func(channels []int32) ([]*tensors.Tensor, error) {
		return m.programs.score.Call(m.nets(), x, activations, channels, int32(class))
	})
	if err != nil {
		nn.Free(activations)
		return nil, err
	}
	e.Weights, e.Logits = scores, logits
	if m.options.Convention != Author {
		e.Weights = softmax(scores)
	}
	return activations, nil
}

// observe returns the network's input, the layer's activations and the logits.
func (m *Mapper) observe(picture *tensors.Tensor) (x, activations, logits *tensors.Tensor, err error) {
	out, err := m.programs.observe.Call(m.nets(), picture)
	if err != nil {
		return nil, nil, nil, err
	}
	return out[0], out[1], out[2], nil
}

// channelwise runs a program on batches of channels, and collects its first result [batch], and its second [batch, n] where it
// has one.
func (m *Mapper) channelwise(ctx context.Context, p counterfactual.Picture, channels int,
	call func(channels []int32) ([]*tensors.Tensor, error)) (scores, rows []float32, err error) {
	chosen, err := m.Batch(p)
	if err != nil {
		return nil, nil, err
	}
	batch := min(chosen.Size, channels)
	scores = make([]float32, channels)
	for start := 0; start < channels; start += batch {
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("stopped after %d of %d channels: %w", start, channels, err)
		}
		// The last batch overlaps the one before rather than being of another size, which would be compiled anew.
		first := min(start, channels-batch)
		numbers := make([]int32, batch)
		for i := range numbers {
			numbers[i] = int32(first + i)
		}
		out, err := call(numbers)
		if err != nil {
			return nil, nil, err
		}
		s, err := read(out[0])
		if err != nil {
			return nil, nil, err
		}
		copy(scores[first:], s)
		if len(out) > 1 {
			row, err := read(out[1])
			if err != nil {
				return nil, nil, err
			}
			rows = append(rows[:first*len(row)/batch], row...)
		}
		nn.Free(out...)
		m.progress(first+batch, channels)
	}
	return scores, rows, nil
}

// score builds one batch of masked inputs and classifies them.
func (g grapher) score(nets []nn.Scope, args []*Node) []*Node {
	x, activations, channels, class := args[0], args[1], args[2], args[3]
	masks, varies := g.masks(activations, channels, x.Shape().Dimensions[1], x.Shape().Dimensions[2])
	// x is normalised already, so that what a mask hides takes the mean colour.
	logits := g.classifier.Network.Forward(nets[0], Mul(x, masks), nil)
	if g.options.Convention != Author {
		// Algorithm 1 subtracts the logit of an empty picture from each, which the softmax over channels takes out again.
		return []*Node{g.classScore(logits, class), logits}
	}
	onehot := ExpandAxes(OneHot(class, len(g.classifier.Classes), logits.DType()), 0)
	probability := Exp(ReduceSum(Mul(g.classifier.LogProbs(logits), onehot), 1))
	return []*Node{Mul(probability, varies), logits}
}

// masks up-samples a batch of channels to the given size and scales each to [0, 1]: masks [batch, height, width, 1].
// A channel that is the same everywhere gives an empty mask and 0 in varies [batch], which is 1 for the others.
func (g grapher) masks(activations, channels *Node, height, width int) (masks, varies *Node) {
	byChannel := Squeeze(TransposeAllAxes(activations, 3, 1, 2, 0), 3)
	a := ExpandAxes(Gather(byChannel, ExpandAxes(channels, -1)), -1) // [batch, layer height, layer width, 1]
	lo, hi := ReduceAndKeep(a, ReduceMin, 1, 2), ReduceAndKeep(a, ReduceMax, 1, 2)
	differs := GreaterThan(hi, lo) // asked before up-sampling, whose rounding would make a pattern of a constant

	library := g.options.Convention == Library
	a = nn.Resize(a, height, width, nn.ResizeOptions{AlignCorners: library})
	lo, hi = ReduceAndKeep(a, ReduceMin, 1, 2), ReduceAndKeep(a, ReduceMax, 1, 2)
	span := Sub(hi, lo)
	differs = LogicalAnd(differs, GreaterThan(span, ZerosLike(span)))
	span = Where(differs, span, OnesLike(span))
	if library {
		span = AddScalar(span, libraryMaskEpsilon)
	}
	varies = ConvertDType(differs, a.DType())
	return Mul(Div(Sub(a, lo), span), varies), Reshape(varies, -1)
}

func softmax(values []float32) []float32 {
	_, top := bounds(values)
	var total float64
	for _, v := range values {
		total += math.Exp(float64(v) - top)
	}
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(math.Exp(float64(v)-top) / total)
	}
	return out
}
