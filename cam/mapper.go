package cam

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

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
	// Progress, unless nil, is told after each batch how many of all channels or samples are done, by the methods that classify
	// many inputs. It is to be set before the first map; maps made at the same time call it at the same time.
	Progress func(done, total int)

	backend    compute.Backend
	classifier *classify.Classifier
	options    Options
	programs   programs
	batches    sync.Map // of [3]int, a picture's size, to Batch
}

// New prepares a mapper; nothing is compiled before the first picture. Options that make no sense are errors.
func New(backend compute.Backend, c *classify.Classifier, o Options) (*Mapper, error) {
	o, err := o.withDefaults(c)
	if err != nil {
		return nil, err
	}
	return &Mapper{backend: backend, classifier: c, options: o, programs: newPrograms(backend, c, o)}, nil
}

func (m *Mapper) progress(done, total int) {
	if m.Progress != nil {
		m.Progress(done, total)
	}
}

// Options returns the mapper's options with every default filled in.
func (m *Mapper) Options() Options { return m.options }

// Map returns the map [height, width] of a class for a picture, in [0, 1] and at the picture's size.
//
// Where the classifier's pre-processing changes the size, the map of the network's input is resized to the picture's;
// that is exact for pre-processing that resizes, and stretches the map where it also crops. A map that is the same
// everywhere is an [ErrFlatMap]. The context ends a run between two batches of inputs.
func (m *Mapper) Map(ctx context.Context, p counterfactual.Picture, class int) (*counterfactual.Grid, error) {
	e, err := m.Explain(ctx, p, class)
	if err != nil {
		return nil, err
	}
	return e.Map, nil
}

// Explanation is a map with what it was made of.
type Explanation struct {
	Map     *counterfactual.Grid
	Weights []float32 // of each channel; nil for methods that have none
	Logits  []float32 // [channels, logits] of the masked inputs; ScoreCAM only
	// Low is the weighted sum of activations, its positive part, at the layer's resolution; for methods without a layer what is
	// attributed to each value of the picture [height, width, channels], with its sign.
	Low []float32
}

// Explain is [Mapper.Map] with everything that leads to the map.
func (m *Mapper) Explain(ctx context.Context, p counterfactual.Picture, class int) (*Explanation, error) {
	e, err := m.explain(ctx, p, class)
	switch {
	case err != nil && m.options.Method.Layered():
		return nil, fmt.Errorf("%s of layer %q: %w", m.options.Method, m.options.Layer, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", m.options.Method, err)
	}
	return e, nil
}

func (m *Mapper) explain(ctx context.Context, p counterfactual.Picture, class int) (*Explanation, error) {
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
	defer nn.Free(picture)
	e := &Explanation{Map: &counterfactual.Grid{Height: p.Height, Width: p.Width, Channels: 1}}
	if !m.options.Method.Layered() {
		return e, m.attributeTo(ctx, p, class, e)
	}
	sum, err := m.sum(ctx, p, picture, class, e)
	if err != nil {
		return nil, err
	}
	defer nn.Free(sum)
	out, err := m.programs.finish.Call(m.nets(), picture, sum)
	if err != nil {
		return nil, err
	}
	defer nn.Free(out...)
	if e.Low, err = read(out[0]); err != nil {
		return nil, err
	}
	if e.Map.Values, err = read(out[1]); err != nil {
		return nil, err
	}
	if err := finite(e.Map.Values, "the map at position"); err != nil {
		return nil, err
	}
	// A flat sum need not stay so to the last bit when it is resized, hence the look at both.
	if flat(e.Low) || flat(e.Map.Values) {
		size := sum.Shape().Dimensions[1:3]
		return nil, fmt.Errorf("%w for class %q: no part of the %dx%d activations speaks for it; choose another class, "+
			"another layer (%q), another method (%q) or a mask of your own", ErrFlatMap, m.classifier.Classes[class],
			size[1], size[0], m.classifier.Network.Layers(), Methods())
	}
	rescale(e.Map.Values, m.options.Convention)
	return e, nil
}

// sum returns the layer's activations, summed over channels as the method weighs them: [1, layer height, layer width, 1].
func (m *Mapper) sum(ctx context.Context, p counterfactual.Picture, picture *tensors.Tensor, class int, e *Explanation) (*tensors.Tensor, error) {
	var activations *tensors.Tensor
	var err error
	switch m.options.Method {
	case LayerCAM:
		return m.programs.layerwise.Call1(m.nets(), picture, int32(class))
	case EigenCAM:
		x, activations, logits, err := m.observe(picture)
		if err != nil {
			return nil, err
		}
		defer nn.Free(x, activations, logits)
		return principal(activations)
	case ScoreCAM:
		activations, err = m.byMasks(ctx, p, picture, class, e)
	case AblationCAM:
		activations, err = m.byAblation(ctx, p, picture, class, e)
	default:
		activations, err = m.byGradients(picture, class, e)
	}
	if err != nil {
		return nil, err
	}
	defer nn.Free(activations)
	if err := finite(e.Weights, "the weight of channel"); err != nil {
		return nil, err
	}
	return m.programs.weigh.Call1(nil, activations, e.Weights)
}

// attributeTo makes the map of a method that needs no layer.
func (m *Mapper) attributeTo(ctx context.Context, p counterfactual.Picture, class int, e *Explanation) (err error) {
	if e.Low, err = m.attributions(ctx, p, class); err != nil {
		return err
	}
	if err := finite(e.Low, "what is attributed to value"); err != nil {
		return err
	}
	e.Map.Values = perPixel(e.Low, p.Channels)
	if flat(e.Map.Values) {
		return fmt.Errorf("%w for class %q: no pixel matters to it", ErrFlatMap, m.classifier.Classes[class])
	}
	rescale(e.Map.Values, Paper)
	return nil
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
