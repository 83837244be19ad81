package cam

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/nn"
)

// ErrFlatMap says that an activation map has one value everywhere, so that no threshold makes a region of it.
var ErrFlatMap = errors.New("the activation map is flat")

// Mapper makes class activation maps with one classifier. It is safe for concurrent use.
type Mapper struct {
	classifier *classify.Classifier
	options    Options
	programs   programs
}

// New prepares a mapper; nothing is compiled before the first picture. Options that make no sense are errors.
func New(backend compute.Backend, c *classify.Classifier, o Options) (*Mapper, error) {
	o, err := o.withDefaults(c)
	if err != nil {
		return nil, err
	}
	return &Mapper{classifier: c, options: o, programs: newPrograms(backend, c, o)}, nil
}

// Options returns the mapper's options with every default filled in.
func (m *Mapper) Options() Options { return m.options }

// Map returns the activation map [height, width] of a class for a picture, in [0, 1] and at the picture's size.
//
// Where the classifier's pre-processing changes the size, the map of the network's input is resized to the picture's;
// that is exact for pre-processing that resizes, and stretches the map where it also crops. A map that is the same
// everywhere is an [ErrFlatMap]. The context ends a run between two batches of masked inputs.
func (m *Mapper) Map(ctx context.Context, p counterfactual.Picture, class int) (*counterfactual.Grid, error) {
	e, err := m.explain(ctx, p, class)
	if err != nil {
		return nil, fmt.Errorf("%s of layer %q: %w", m.options.Method, m.options.Layer, err)
	}
	return e.grid, nil
}

// explanation is a map with what it was made of.
type explanation struct {
	grid    *counterfactual.Grid
	weights []float32 // of each channel
	logits  []float32 // [channels, logits] of the masked inputs; ScoreCAM only
	low     []float32 // the weighted sum of activations, positive part, at the layer's resolution
}

func (m *Mapper) explain(ctx context.Context, p counterfactual.Picture, class int) (*explanation, error) {
	if class < 0 || class >= len(m.classifier.Classes) {
		return nil, fmt.Errorf("class %d is not one of the classifier's 0..%d", class, len(m.classifier.Classes)-1)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	picture, err := counterfactual.Batch(p)
	if err != nil {
		return nil, err
	}
	defer free(picture)

	var e explanation
	var activations *tensors.Tensor
	if m.options.Method == ScoreCAM {
		activations, err = m.score(ctx, picture, class, &e)
	} else {
		activations, err = m.differentiate(picture, class, &e)
	}
	if err != nil {
		return nil, err
	}
	defer free(activations)
	if err := finite(e.weights, "the weight of channel"); err != nil {
		return nil, err
	}

	out, err := m.programs.combine.Call(m.nets(), picture, activations, e.weights)
	if err != nil {
		return nil, err
	}
	defer free(out...)
	if e.low, err = read(out[0]); err != nil {
		return nil, err
	}
	raw, err := read(out[1])
	if err != nil {
		return nil, err
	}
	if err := finite(raw, "the map at position"); err != nil {
		return nil, err
	}
	e.grid = &counterfactual.Grid{Height: p.Height, Width: p.Width, Channels: 1, Values: raw}
	// A flat sum need not stay so to the last bit when it is resized, hence the look at both.
	if flat(e.low) || flat(raw) {
		size := activations.Shape().Dimensions[1:3]
		return nil, fmt.Errorf("%w for class %q: no part of the %dx%d activations speaks for it; choose another class, "+
			"another layer (%q), another method (%s, %s, %s) or a mask of your own", ErrFlatMap, m.classifier.Classes[class],
			size[1], size[0], m.classifier.Network.Layers(), ScoreCAM, GradCAM, GradCAMPlusPlus)
	}
	rescale(raw, m.options.Convention)
	return &e, nil
}

func (m *Mapper) nets() []*nn.Params { return []*nn.Params{m.classifier.Params} }

// rescale stretches values that are not all equal to [0, 1].
func rescale(values []float32, convention Convention) {
	epsilon := 0.0
	if convention == Library {
		epsilon = libraryEpsilon
	}
	lo, hi := bounds(values)
	for i, v := range values {
		values[i] = float32((float64(v) - lo) / (hi - lo + epsilon))
	}
}

func flat(values []float32) bool {
	lo, hi := bounds(values)
	return lo == hi
}

func bounds(values []float32) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		lo, hi = min(lo, float64(v)), max(hi, float64(v))
	}
	return lo, hi
}

// finite returns an error that says where values have a NaN or an infinity.
func finite(values []float32, what string) error {
	for i, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("%s %d is %g: the classifier's weights or the picture's pre-processing are broken", what, i, v)
		}
	}
	return nil
}

func read(t *tensors.Tensor) ([]float32, error) {
	values, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, fmt.Errorf("reading from the device: %w", err)
	}
	return values, nil
}

// free gives device memory back at once: over a whole validation set the garbage collector, which doesn't see it,
// comes too late.
func free(ts ...*tensors.Tensor) {
	for _, t := range ts {
		_ = t.FinalizeAll() // fails only for what is already freed
	}
}
