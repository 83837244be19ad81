package train

import (
	"fmt"
	"runtime"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"

	"otherwise/classify"
	"otherwise/nn"
)

// covarianceWeight is that of VICReg's covariance term beside the other two (1 to 25 in the paper).
const covarianceWeight = 1.0 / 25

// EncoderTask fits an encoder without labels: two views of a picture are to have like features, those of different pictures
// are not, by VICReg (Bardes, Ponce and LeCun, 2022), which needs neither large batches nor batch normalisation.
func EncoderTask(backend compute.Backend, net classify.ConvEncoder, data *Pictures, batch int, seed uint64) (Task, error) {
	if err := net.Validate(); err != nil {
		return Task{}, err
	}
	if batch < 2 {
		return Task{}, fmt.Errorf("training encoder: batches of %d; features of one picture have no variance", batch)
	}
	params, err := nn.Create(backend, seed, func(s nn.Scope, args []*Node) {
		net.Expand(s, net.Embed(s, args[0]))
	}, shapes.Make(dtypes.Float32, 1, data.Height, data.Width, data.Channels))
	if err != nil {
		return Task{}, err
	}
	order, err := newEpochOrder(data.Len(), batch, seed, "encoder")
	if err != nil {
		return Task{}, err
	}
	return Task{
		Name: "encoder", Params: params,
		Loss: func(nets []nn.Scope, args []*Node) *Node {
			z := net.Expand(nets[0], net.Features(nets[0], net.Preprocess(args[0]), nil))
			views := Split(z, 0, 2)
			return vicreg(views[0], views[1])
		},
		Batch: func(step int) ([]any, error) {
			numbers := order.at(step)
			pictures, _, err := data.Batch(numbers)
			if err != nil {
				return nil, err
			}
			x := make([]float32, 2*batch*data.Size())
			var drawing errgroup.Group
			drawing.SetLimit(runtime.NumCPU())
			for k := range 2 * batch { // the first views of all pictures, then the second
				drawing.Go(func() error {
					i := k % batch
					rng := nn.Stream(seed, fmt.Sprintf("encoder/step/%d/%d", step, k))
					appendView(x[k*data.Size():k*data.Size():(k+1)*data.Size()], data, pictures[i*data.Size():(i+1)*data.Size()], rng)
					return nil
				})
			}
			if err := drawing.Wait(); err != nil {
				return nil, err
			}
			return []any{tensors.FromFlatDataAndDimensions(x, 2*batch, data.Height, data.Width, data.Channels)}, nil
		},
	}, nil
}

// vicreg is VICReg's loss of the expanded features [batch, width] of two views, divided by 25: their mean squared
// difference; how far each channel's standard deviation over the batch falls short of 1; the squared covariances of different channels.
func vicreg(a, b *Node) *Node {
	loss := ReduceAllMean(Square(Sub(a, b)))
	for _, z := range []*Node{a, b} {
		n, width := z.Shape().Dimensions[0], z.Shape().Dimensions[1]
		z = Sub(z, ReduceAndKeep(z, ReduceMean, 0))
		covariance := DivScalar(MatMul(Transpose(z, 0, 1), z), float64(n-1))
		variance := DivScalar(ReduceSum(Square(z), 0), float64(n-1))
		deviation := Sqrt(AddScalar(variance, 1e-4))
		loss = Add(loss, MulScalar(ReduceAllMean(nn.ReLU(OneMinus(deviation))), 0.5))
		others := Sub(ReduceAllSum(Square(covariance)), ReduceAllSum(Square(variance)))
		loss = Add(loss, MulScalar(others, covarianceWeight/float64(width)))
	}
	return loss
}
