package counterfactual

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// Predictor gives class probabilities of pictures.
type Predictor struct {
	models  Models
	program *nn.Program
}

// NewPredictor prepares a predictor; nothing is compiled before the first call.
func NewPredictor(m Models) *Predictor {
	return &Predictor{models: m, program: nn.NewProgram(m.Backend, "classifier", func(nets []nn.Scope, args []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Exp(m.Classifier.LogProbs(m.Classifier.Logits(nets[0], args[0])))}
	})}
}

// Probabilities returns the class probabilities of each picture. All pictures must have one size.
func (p *Predictor) Probabilities(pictures ...Picture) ([][]float64, error) {
	if len(pictures) == 0 {
		return nil, nil
	}
	batch, err := Batch(pictures...)
	if err != nil {
		return nil, err
	}
	defer nn.Free(batch)
	out, err := p.program.Call1([]*nn.Params{p.models.Classifier.Params}, batch)
	if err != nil {
		return nil, err
	}
	defer nn.Free(out)
	flat, err := tensors.CopyFlatData[float32](out)
	if err != nil {
		return nil, fmt.Errorf("reading probabilities: %w", err)
	}
	n := len(p.models.Classifier.Classes)
	rows := make([][]float64, len(pictures))
	for i := range rows {
		for _, v := range flat[i*n : (i+1)*n] {
			if math.IsNaN(float64(v)) {
				return nil, fmt.Errorf("the classifier gives NaN for picture %d of the batch", i)
			}
			rows[i] = append(rows[i], float64(v))
		}
	}
	return rows, nil
}

// Agree says of each picture whether its most likely class is the one of labels. All pictures must have one size.
func (p *Predictor) Agree(pictures []Picture, labels []int) ([]bool, error) {
	if len(labels) != len(pictures) {
		return nil, fmt.Errorf("%d labels for %d pictures", len(labels), len(pictures))
	}
	rows, err := p.Probabilities(pictures...)
	if err != nil {
		return nil, err
	}
	agrees := make([]bool, len(rows))
	for i, row := range rows {
		agrees[i] = ArgMax(row) == labels[i]
	}
	return agrees, nil
}

// Batch stacks pictures of one size to a tensor [batch, height, width, channels].
func Batch(pictures ...Picture) (*tensors.Tensor, error) {
	first := pictures[0]
	values := make([]float32, 0, len(pictures)*len(first.Values))
	for i, p := range pictures {
		if err := p.Validate(); err != nil {
			return nil, fmt.Errorf("picture %d: %w", i, err)
		}
		if p.Height != first.Height || p.Width != first.Width || p.Channels != first.Channels {
			return nil, fmt.Errorf("picture %d is %dx%dx%d, the first is %dx%dx%d; a batch needs one size",
				i, p.Height, p.Width, p.Channels, first.Height, first.Width, first.Channels)
		}
		values = append(values, p.Values...)
	}
	return tensors.FromFlatDataAndDimensions(values, len(pictures), first.Height, first.Width, first.Channels), nil
}

// Unbatch reads pictures [batch, height, width, channels] from the device, clamped to [0, 1].
func Unbatch(t *tensors.Tensor) ([]Picture, error) {
	values, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, fmt.Errorf("reading pictures: %w", err)
	}
	d := t.Shape().Dimensions
	size := d[1] * d[2] * d[3]
	out := make([]Picture, d[0])
	for i := range out {
		v := values[i*size : (i+1)*size]
		for j := range v {
			if math.IsNaN(float64(v[j])) {
				return nil, fmt.Errorf("picture %d is NaN at value %d", i, j)
			}
			v[j] = min(1, max(0, v[j]))
		}
		out[i] = Picture{Height: d[1], Width: d[2], Channels: d[3], Values: v}
	}
	return out, nil
}

// Grids reads [batch, height, width, channels] or [batch, height, width] from the device.
func Grids(t *tensors.Tensor) ([]Grid, error) {
	values, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, fmt.Errorf("reading a grid: %w", err)
	}
	d := t.Shape().Dimensions
	channels := 1
	if len(d) == 4 {
		channels = d[3]
	}
	size := d[1] * d[2] * channels
	out := make([]Grid, d[0])
	for i := range out {
		out[i] = Grid{Height: d[1], Width: d[2], Channels: channels, Values: values[i*size : (i+1)*size]}
	}
	return out, nil
}
