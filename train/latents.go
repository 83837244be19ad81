package train

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/nn"
)

// Latents are the posteriors of a whole training set, so that the diffusion model is fitted without running the
// encoder again and again.
type Latents struct {
	Dims   []int // height, width, channels
	Mean   []float32
	Std    []float32
	Labels []int32
	Norm   diffusion.Normalisation // to mean 0 and deviation 1 per channel
}

// encodeBatch is how many pictures are encoded at once.
const encodeBatch = 50

// EncodeAll runs the encoder over all pictures. A last batch that isn't full is filled with repeated pictures.
func EncodeAll(backend compute.Backend, net diffusion.AutoencoderKL, params *nn.Params, data *Pictures) (*Latents, error) {
	program := nn.NewProgram(backend, "encode", func(nets []nn.Scope, args []*Node) []*Node {
		mean, logvar := net.Encode(nets[0], diffusion.FromUnit(args[0]))
		return []*Node{mean, Exp(MulScalar(logvar, 0.5))}
	})
	f := net.Factor()
	l := &Latents{Dims: []int{data.Height / f, data.Width / f, net.LatentChannels}, Labels: data.Labels}
	size := l.Size()
	for from := 0; from < data.Len(); from += encodeBatch {
		numbers := make([]int, encodeBatch)
		for i := range numbers {
			numbers[i] = min(from+i, data.Len()-1)
		}
		x, _, err := data.Batch(numbers)
		if err != nil {
			return nil, err
		}
		out, err := program.Call([]*nn.Params{params},
			tensors.FromFlatDataAndDimensions(x, encodeBatch, data.Height, data.Width, data.Channels))
		if err != nil {
			return nil, fmt.Errorf("encoding pictures from %d on: %w", from, err)
		}
		n := min(encodeBatch, data.Len()-from) * size
		l.Mean = append(l.Mean, tensors.MustCopyFlatData[float32](out[0])[:n]...)
		l.Std = append(l.Std, tensors.MustCopyFlatData[float32](out[1])[:n]...)
	}
	l.normalise()
	return l, nil
}

// Size is the number of values in one latent.
func (l *Latents) Size() int { return l.Dims[0] * l.Dims[1] * l.Dims[2] }

// normalise measures mean and standard deviation of each channel over all pictures and positions, posterior included.
func (l *Latents) normalise() {
	channels := l.Dims[2]
	sum, squares := make([]float64, channels), make([]float64, channels)
	for i, v := range l.Mean {
		sum[i%channels] += float64(v)
		squares[i%channels] += float64(v)*float64(v) + float64(l.Std[i])*float64(l.Std[i])
	}
	n := float64(len(l.Mean) / channels)
	for c := range channels {
		mean := sum[c] / n
		l.Norm.Mean = append(l.Norm.Mean, mean)
		l.Norm.Scale = append(l.Norm.Scale, 1/math.Sqrt(max(squares[c]/n-mean*mean, 1e-12)))
	}
}
