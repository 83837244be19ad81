package train

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/nn"
)

// Weights of the autoencoder's loss terms, our choice: absolute and squared differences of pictures in [-1, 1], and the
// Kullback-Leibler divergence of the posterior from a standard normal, each a mean over elements.
const (
	lossL1 = 0.5
	lossL2 = 3
	lossKL = 1e-3
	// subjectWeight is how much more than the rest a pixel of the subject counts, where the data set knows it: what
	// decides must not drown in the land around it.
	subjectWeight = 3
)

// AutoencoderTask fits a KL autoencoder to pictures, or to squares of crop pixels cut out of them around their subjects
// (0 for whole pictures): a network without attention that was fitted to small pictures serves larger ones.
func AutoencoderTask(backend compute.Backend, net diffusion.AutoencoderKL, data *Pictures, crop, batch int, seed uint64) (Task, error) {
	if err := net.Validate(); err != nil {
		return Task{}, err
	}
	height, width := data.Height, data.Width
	if crop > 0 {
		if crop > min(height, width) || crop%net.Factor() != 0 {
			return Task{}, fmt.Errorf("squares of %d pixels out of pictures of %dx%d; the side must be a multiple of %d that fits", crop, width, height, net.Factor())
		}
		height, width = crop, crop
	}
	params, err := nn.Create(backend, seed, func(s nn.Scope, args []*Node) {
		mean, _ := net.Encode(s, args[0])
		net.Decode(s, mean)
	}, shapes.Make(dtypes.Float32, 1, data.Height, data.Width, data.Channels))
	if err != nil {
		return Task{}, err
	}
	f := net.Factor()
	latent := []int{batch, height / f, width / f, net.LatentChannels}
	order, err := newEpochOrder(data.Len(), batch, seed, "autoencoder")
	if err != nil {
		return Task{}, err
	}
	return Task{
		Name: "autoencoder", Params: params,
		Loss: func(nets []nn.Scope, args []*Node) *Node {
			x := diffusion.FromUnit(args[0])
			mean, logvar := net.Encode(nets[0], x)
			z := Add(mean, Mul(Exp(MulScalar(logvar, 0.5)), args[1]))
			d := Sub(net.Decode(nets[0], z), x)
			weighted := func(x *Node) *Node { return x }
			if data.Drawn() {
				weight := OnePlus(MulScalar(args[2], subjectWeight))
				weighted = func(x *Node) *Node { return Mul(x, Div(weight, ReduceAllMean(weight))) }
			}
			kl := MulScalar(ReduceAllMean(Sub(Add(Square(mean), Exp(logvar)), OnePlus(logvar))), 0.5)
			loss := Add(MulScalar(ReduceAllMean(weighted(Abs(d))), lossL1), MulScalar(ReduceAllMean(weighted(Square(d))), lossL2))
			return Add(loss, MulScalar(kl, lossKL))
		},
		Batch: func(step int) ([]any, error) {
			x, subjects, err := data.Batch(order.at(step))
			if err != nil {
				return nil, err
			}
			if crop > 0 {
				x, subjects = cropAround(data, x, subjects, crop, nn.Stream(seed, fmt.Sprintf("autoencoder/crop/%d", step)))
			}
			args := []any{
				tensors.FromFlatDataAndDimensions(x, batch, height, width, data.Channels),
				gaussian(seed, fmt.Sprintf("autoencoder/posterior/%d", step), latent...),
			}
			if subjects != nil {
				args = append(args, tensors.FromFlatDataAndDimensions(subjects, batch, height, width, 1))
			}
			return args, nil
		},
	}, nil
}

// gaussian is a standard normal tensor from a named stream.
func gaussian(seed uint64, name string, dims ...int) *tensors.Tensor {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return tensors.FromFlatDataAndDimensions(nn.Gaussian(seed, name, n), dims...)
}
