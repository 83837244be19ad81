package train

import (
	"cmp"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"otherwise/nn"
)

// HeadOptions are the settings of [FitHead]. Zero values are LDCE's (section 5.1), whose batches of 512 hold all of its
// pictures.
type HeadOptions struct {
	Epochs   int     // 16
	Rate     float64 // 0.1, lowered to 0 by a half cosine
	Momentum float64 // 0.9; negative for none
	Decay    float64 // 5e-4, of the squared L2 norm of weights and biases; negative for none
}

func (o *HeadOptions) defaults() {
	o.Epochs = cmp.Or(o.Epochs, 16)
	o.Rate = cmp.Or(o.Rate, 0.1)
	o.Momentum = max(0, cmp.Or(o.Momentum, 0.9))
	o.Decay = max(0, cmp.Or(o.Decay, 5e-4))
}

// Head is a linear classifier on features: logits = Weight x + Bias.
type Head struct {
	Weight *mat.Dense // [classes, features]
	Bias   []float64  // [classes]
}

// HeadOf reads the last layer of a classifier out of its parameters: "weight" [classes, features] and "bias" [classes] of a
// scope, which is "head" in this project's networks. Parameters that aren't there, or of other shapes, are an error.
func HeadOf(params *nn.Params, scope string) (Head, error) {
	weight, bias := params.Get(scope+".weight"), params.Get(scope+".bias")
	if weight == nil || bias == nil || weight.Rank() != 2 || bias.Rank() != 1 || bias.Size() != weight.Shape().Dimensions[0] {
		return Head{}, fmt.Errorf("reading a head: no %s.weight [classes, features] and %s.bias [classes] among the parameters", scope, scope)
	}
	w, err := doubles(weight)
	if err != nil {
		return Head{}, fmt.Errorf("reading a head: %w", err)
	}
	b, err := doubles(bias)
	if err != nil {
		return Head{}, fmt.Errorf("reading a head: %w", err)
	}
	dims := weight.Shape().Dimensions
	return Head{Weight: mat.NewDense(dims[0], dims[1], w), Bias: b}, nil
}

func doubles(t *tensors.Tensor) ([]float64, error) {
	values, err := tensors.CopyFlatData[float32](t)
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out, err
}

// In gives parameters whose last layer is the head, and all else that of params, which isn't changed. See [HeadOf] for
// scope.
func (h Head) In(params *nn.Params, scope string) *nn.Params {
	classes, features := h.Weight.Dims()
	out := params.Clone()
	out.Set(scope+".weight", tensors.FromFlatDataAndDimensions(singles(h.Weight.RawMatrix().Data), classes, features))
	out.Set(scope+".bias", tensors.FromFlatDataAndDimensions(singles(h.Bias), classes))
	return out
}

func singles(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}

// HeadLog is what happened in each epoch of a fit: the mean cross-entropy before its step, and the step's rate.
type HeadLog struct{ Losses, Rates []float64 }

// FitHead goes on fitting the last layer of a classifier, by gradient descent on all rows of features at once with
// momentum and weight decay as PyTorch's SGD has them: the way in which LDCE repairs the errors that counterfactuals
// revealed. start isn't changed.
func FitHead(features *mat.Dense, labels []int, start Head, o HeadOptions) (Head, HeadLog, error) {
	o.defaults()
	rows, width := features.Dims()
	classes, inputs := start.Weight.Dims()
	if len(labels) != rows || inputs != width || len(start.Bias) != classes {
		return Head{}, HeadLog{}, fmt.Errorf("a head of %dx%d with %d biases on %d features of %d pictures with %d labels",
			classes, inputs, len(start.Bias), width, rows, len(labels))
	}
	for i, y := range labels {
		if y < 0 || y >= classes {
			return Head{}, HeadLog{}, fmt.Errorf("label %d of picture %d; the head has %d classes", y, i, classes)
		}
	}
	head := Head{Weight: mat.DenseCopyOf(start.Weight), Bias: append([]float64(nil), start.Bias...)}
	var log HeadLog
	var weightMomentum, biasMomentum []float64
	for epoch := range o.Epochs {
		rate := o.Rate * (1 + math.Cos(math.Pi*float64(epoch)/float64(o.Epochs))) / 2
		loss, weight, bias := head.gradient(features, labels)
		log.Losses, log.Rates = append(log.Losses, loss), append(log.Rates, rate)
		weightMomentum = descend(head.Weight.RawMatrix().Data, weight.RawMatrix().Data, weightMomentum, rate, o)
		biasMomentum = descend(head.Bias, bias, biasMomentum, rate, o)
	}
	return head, log, nil
}

// gradient is that of the mean cross-entropy.
func (h Head) gradient(features *mat.Dense, labels []int) (loss float64, weight *mat.Dense, bias []float64) {
	var logits mat.Dense
	logits.Mul(features, h.Weight.T())
	n := float64(len(labels))
	bias = make([]float64, len(h.Bias))
	for i, y := range labels {
		row := logits.RawRowView(i)
		floats.Add(row, h.Bias)
		total := floats.LogSumExp(row)
		loss += (total - row[y]) / n
		for k := range row {
			row[k] = math.Exp(row[k]-total) / n
		}
		row[y] -= 1 / n
		floats.Add(bias, row)
	}
	weight = new(mat.Dense)
	weight.Mul(logits.T(), features)
	return loss, weight, bias
}

// descend takes a step, in place, and returns the momentum after it. The first step's momentum is its gradient.
func descend(params, gradient, momentum []float64, rate float64, o HeadOptions) []float64 {
	floats.AddScaled(gradient, o.Decay, params)
	if momentum == nil {
		momentum = gradient
	} else {
		floats.Scale(o.Momentum, momentum)
		floats.Add(momentum, gradient)
	}
	floats.AddScaled(params, -rate, momentum)
	return momentum
}
