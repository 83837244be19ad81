package train

import (
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/datasets"
	"otherwise/nn"
)

// ClassifierOptions are what a classifier is hardened against while it is fitted.
type ClassifierOptions struct {
	// Adversarial is the largest L2 length of the perturbation that half of each batch gets along its loss gradient
	// (pictures in [0, 1]); the length is drawn uniformly. 0 trains on clean pictures only.
	Adversarial float64
	// Noise is the largest standard deviation of Gaussian noise on a picture; half of the pictures get some.
	Noise float64
	// Shift is the largest shift in pixels, in each direction.
	Shift int
}

// ClassifierTask fits a classifier to pictures by cross-entropy.
func ClassifierTask(backend compute.Backend, net classify.ConvNet, data *Pictures, opts ClassifierOptions, batch int, seed uint64) (Task, error) {
	return factorsTask(backend, net, []datasets.Factor{data.class()}, data, opts, batch, seed)
}

// JudgeTask fits a network that tells every factor of the pictures (see [Pictures.Factors]), its logits side by side, by the
// sum of the factors' cross-entropies.
func JudgeTask(backend compute.Backend, net classify.ConvNet, data *Pictures, opts ClassifierOptions, batch int, seed uint64) (Task, error) {
	return factorsTask(backend, net, data.Factors(), data, opts, batch, seed)
}

func factorsTask(backend compute.Backend, net classify.ConvNet, factors []datasets.Factor, data *Pictures, opts ClassifierOptions, batch int, seed uint64) (Task, error) {
	if err := net.Validate(); err != nil {
		return Task{}, err
	}
	if n := datasets.Outputs(factors); net.Classes != n {
		return Task{}, fmt.Errorf("a network of %d outputs for factors of %d values", net.Classes, n)
	}
	params, err := nn.Create(backend, seed, func(s nn.Scope, args []*Node) {
		net.Forward(s, args[0], nil)
	}, shapes.Make(dtypes.Float32, 1, data.Height, data.Width, data.Channels))
	if err != nil {
		return Task{}, err
	}
	order, err := newEpochOrder(data.Len(), batch, seed, "classifier")
	if err != nil {
		return Task{}, err
	}
	loss := func(s nn.Scope, x, y *Node) *Node {
		return crossEntropies(net.Forward(s, net.Preprocess(x), nil), y, factors)
	}
	return Task{
		Name: "classifier", Params: params,
		Loss: func(nets []nn.Scope, args []*Node) *Node {
			x, y, radius := args[0], args[1], args[2]
			if opts.Adversarial > 0 {
				x = perturb(loss(nets[0], x, y), x, radius)
			}
			return loss(nets[0], x, y)
		},
		Batch: func(step int) ([]any, error) {
			rng := nn.Stream(seed, fmt.Sprintf("classifier/step/%d", step))
			numbers := order.at(step)
			pictures, _, err := data.Batch(numbers)
			if err != nil {
				return nil, err
			}
			x, radius := make([]float32, 0, batch*data.Size()), make([]float32, batch)
			y := make([]int32, 0, batch*len(factors))
			for b, i := range numbers {
				x = appendAugmented(x, data, pictures[b*data.Size():(b+1)*data.Size()], opts, rng)
				values, err := data.values(i, factors)
				if err != nil {
					return nil, err
				}
				y = append(y, values...)
				if rng.IntN(2) == 0 {
					radius[b] = float32(opts.Adversarial * rng.Float64())
				}
			}
			return []any{
				tensors.FromFlatDataAndDimensions(x, batch, data.Height, data.Width, data.Channels),
				tensors.FromFlatDataAndDimensions(y, batch, len(factors)),
				tensors.FromFlatDataAndDimensions(radius, batch, 1, 1, 1),
			}, nil
		},
	}, nil
}

// crossEntropies is the mean over the batch of the factors' cross-entropies, summed: logits [batch, outputs] of the factors
// side by side, y [batch, factors] int32.
func crossEntropies(logits, y *Node, factors []datasets.Factor) *Node {
	var total *Node
	from := 0
	for k, f := range factors {
		lp := LogSoftmax(Slice(logits, AxisRange(), AxisRange(from, from+len(f.Values))), -1)
		from += len(f.Values)
		value := Reshape(Slice(y, AxisRange(), AxisElem(k)), -1)
		one := Neg(ReduceAllMean(ReduceSum(Mul(lp, OneHot(value, len(f.Values), lp.DType())), -1)))
		if total == nil {
			total = one
		} else {
			total = Add(total, one)
		}
	}
	return total
}

// perturb moves each picture by radius along the gradient of its loss, within [0, 1]: one step of the L2 attack of
// Goodfellow et al., 2015. The perturbation itself is not differentiated.
func perturb(loss, x, radius *Node) *Node {
	g := Gradient(loss, x)[0]
	norm := Sqrt(ReduceAndKeep(Square(g), ReduceSum, 1, 2, 3))
	return StopGradient(ClipScalar(Add(x, Mul(radius, Div(g, AddScalar(norm, 1e-12)))), 0, 1))
}

// appendAugmented appends a picture, shifted and with noise as the options say.
func appendAugmented(dst []float32, data *Pictures, picture []float32, opts ClassifierOptions, rng *rand.Rand) []float32 {
	dx, dy := rng.IntN(2*opts.Shift+1)-opts.Shift, rng.IntN(2*opts.Shift+1)-opts.Shift
	noise := 0.0
	if rng.IntN(2) == 0 {
		noise = opts.Noise * rng.Float64()
	}
	for y := range data.Height {
		for x := range data.Width {
			for c := range data.Channels {
				v := float32(0)
				if sy, sx := y+dy, x+dx; sy >= 0 && sy < data.Height && sx >= 0 && sx < data.Width {
					v = picture[(sy*data.Width+sx)*data.Channels+c]
				}
				if noise > 0 {
					v = min(1, max(0, v+float32(noise*rng.NormFloat64())))
				}
				dst = append(dst, v)
			}
		}
	}
	return dst
}
