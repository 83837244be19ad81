package cam

import (
	"context"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// score returns the activations and sets the weights that ScoreCAM gives their channels.
func (m *Mapper) score(ctx context.Context, picture *tensors.Tensor, class int, e *explanation) (*tensors.Tensor, error) {
	observed, err := m.programs.observe.Call(m.nets(), picture)
	if err != nil {
		return nil, err
	}
	x, activations := observed[0], observed[1]
	defer free(x)
	if err := m.scoreChannels(ctx, x, activations, class, e); err != nil {
		free(activations)
		return nil, err
	}
	return activations, nil
}

func (m *Mapper) scoreChannels(ctx context.Context, x, activations *tensors.Tensor, class int, e *explanation) error {
	channels := activations.Shape().Dimensions[3]
	batch := min(m.options.BatchSize, channels)
	scores := make([]float32, channels)
	for start := 0; start < channels; start += batch {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped after %d of %d channels: %w", start, channels, err)
		}
		// The last batch overlaps the one before rather than being of another size, which would be compiled anew.
		first := min(start, channels-batch)
		out, err := m.programs.score.Call(m.nets(), x, activations, int32(first), int32(class))
		if err != nil {
			return err
		}
		s, err := read(out[0])
		if err != nil {
			return err
		}
		logits, err := read(out[1])
		if err != nil {
			return err
		}
		free(out...)
		copy(scores[first:], s)
		e.logits = append(e.logits[:first*len(logits)/batch], logits...)
	}
	e.weights = scores
	if m.options.Convention != Author {
		e.weights = softmax(scores)
	}
	return nil
}

// score builds one batch of masked inputs and classifies them.
func (g grapher) score(nets []nn.Scope, args []*Node) []*Node {
	x, activations, first, class := args[0], args[1], args[2], args[3]
	masks, varies := g.masks(activations, first, x.Shape().Dimensions[1], x.Shape().Dimensions[2])
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
func (g grapher) masks(activations, first *Node, height, width int) (masks, varies *Node) {
	d := activations.Shape().Dimensions
	batch := min(g.options.BatchSize, d[3])
	zero := ZerosLike(first)
	a := DynamicSlice(activations, []*Node{zero, zero, zero, first}, []int{1, d[1], d[2], batch})
	lo, hi := ReduceAndKeep(a, ReduceMin, 1, 2), ReduceAndKeep(a, ReduceMax, 1, 2)
	differs := GreaterThan(hi, lo) // asked before up-sampling, whose rounding would make a pattern of a constant

	library := g.options.Convention == Library
	a = ResizeBilinear(a, height, width, library)
	lo, hi = ReduceAndKeep(a, ReduceMin, 1, 2), ReduceAndKeep(a, ReduceMax, 1, 2)
	span := Sub(hi, lo)
	differs = LogicalAnd(differs, GreaterThan(span, ZerosLike(span)))
	span = Where(differs, span, OnesLike(span))
	if library {
		span = AddScalar(span, libraryMaskEpsilon)
	}
	varies = ConvertDType(differs, a.DType())
	masks = Mul(Div(Sub(a, lo), span), varies)
	return TransposeAllAxes(masks, 3, 1, 2, 0), Reshape(varies, batch)
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
