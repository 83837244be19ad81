package train

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/nn"
)

// ConditionDropout is the share of training samples that are shown without their class, for classifier-free guidance.
// Source: Ho and Salimans, 2022.
const ConditionDropout = 0.1

// Diffusion is what a diffusion model is made of while it is fitted.
type Diffusion struct {
	Net       diffusion.UNet
	Embedding diffusion.ClassEmbedding
	// Words, unless nil, takes the place of the class embedding: pictures are shown with their captions.
	Words    *diffusion.WordEncoder
	Schedule diffusion.Schedule
	// Prediction is what the network learns to estimate: [diffusion.PredictsNoise], which "" stands for, or
	// [diffusion.PredictsVelocity].
	Prediction string
}

// target is what the network is to estimate of clean latents, noise, and the noise level alpha.
func (d Diffusion) target(z, noise, alpha *Node) *Node {
	return diffusionTarget(d.Prediction, z, noise, alpha)
}

// diffusionTarget is what a network that estimates what prediction names is to say.
func diffusionTarget(prediction string, z, noise, alpha *Node) *Node {
	switch prediction {
	case diffusion.PredictsVelocity:
		return Sub(Mul(Sqrt(alpha), noise), Mul(Sqrt(OneMinus(alpha)), z))
	case diffusion.PredictsLatent:
		return z
	}
	return noise
}

func (d Diffusion) validate() error {
	switch d.Prediction {
	case "", diffusion.PredictsNoise, diffusion.PredictsVelocity:
		if d.Words != nil {
			if err := d.Words.Validate(); err != nil {
				return err
			}
		}
		return d.Net.Validate()
	}
	return fmt.Errorf("fitting a network to estimate %q; legal are %s and %s", d.Prediction, diffusion.PredictsNoise, diffusion.PredictsVelocity)
}

// params creates U-Net and embedding for latents of the given dimensions.
func (d Diffusion) params(backend compute.Backend, seed uint64, latent []int) (*nn.Params, error) {
	return nn.Create(backend, seed, func(s nn.Scope, args []*Node) {
		d.Net.Eps(s, args[0], args[1], d.embed(s, args[2]))
	}, shapes.Make(dtypes.Float32, append([]int{1}, latent...)...), shapes.Make(dtypes.Int32, 1), shapes.Make(dtypes.Int32, d.idDims(1)...))
}

// embed gives the tokens that the network attends to, of rows of the class embedding [batch] or of words [batch, length].
func (d Diffusion) embed(s nn.Scope, ids *Node) *Node {
	if d.Words != nil {
		return d.Words.Embed(s, ids)
	}
	return d.Embedding.Embed(s, ids)
}

// idDims is the shape of a batch of what embed takes.
func (d Diffusion) idDims(batch int) []int {
	if d.Words != nil {
		return []int{batch, d.Words.Encoder.Positions}
	}
	return []int{batch}
}

// condition gives what embed takes for pictures of a data set, and what it takes for none: the class's row, or the words
// of the caption.
func (d Diffusion) condition(data *Pictures, numbers []int) (ids [][]int32, none []int32, err error) {
	if d.Words == nil {
		for _, i := range numbers {
			ids = append(ids, []int32{data.Labels[i]})
		}
		return ids, []int32{int32(d.Embedding.Classes)}, nil
	}
	for _, i := range numbers {
		caption, err := data.Caption(i)
		if err != nil {
			return nil, nil, err
		}
		row, err := d.Words.IDs(caption)
		if err != nil {
			return nil, nil, err
		}
		ids = append(ids, row)
	}
	return ids, make([]int32, d.Words.Encoder.Positions), nil
}

// loss is [DiffusionLoss] of the network.
func (d Diffusion) loss(s nn.Scope, z *Node, l levels) *Node {
	return DiffusionLoss(d.Net, s, z, l.t, l.alpha, l.noise, d.embed(s, l.ids), d.target(z, l.noise, l.alpha))
}

// DiffusionLoss is the mean squared error of a denoiser's estimate for clean latents z [batch, height, width, channels] at timesteps
// t [batch]: E |target - denoiser(z_t, t, cond)|^2, with z_t of that noise at level alpha [batch, 1, 1, 1]. The target is the noise
// itself, or the velocity. Source: Ho et al., 2020, Eq. 14.
func DiffusionLoss(denoiser diffusion.Denoiser, s nn.Scope, z, t, alpha, noise, cond, target *Node) *Node {
	estimate := denoiser.Eps(s, diffusion.AddNoise(z, alpha, noise), t, cond)
	return ReduceAllMean(Square(Sub(target, estimate)))
}

// levels are a batch's timesteps, noise levels, noise and class rows, as nodes.
type levels struct{ t, alpha, noise, ids *Node }

func levelsOf(args []*Node) levels { return levels{args[0], args[1], args[2], args[3]} }

// drawLevels draws for each picture of a batch a timestep of a schedule, its noise level [batch, 1, 1, 1], and whether the picture
// is shown without its condition, as the share dropout is.
func drawLevels(rng *rand.Rand, alphasCumprod []float64, batch int, dropout float64) (t []int32, alpha *tensors.Tensor, dropped []bool) {
	t, dropped = make([]int32, batch), make([]bool, batch)
	alphas := make([]float32, batch)
	for b := range t {
		t[b] = int32(rng.IntN(len(alphasCumprod)))
		alphas[b] = float32(alphasCumprod[t[b]])
		dropped[b] = rng.Float64() < dropout
	}
	return t, tensors.FromFlatDataAndDimensions(alphas, batch, 1, 1, 1), dropped
}

// draw draws what [levelsOf] takes, for pictures with the given conditions, each of which may be dropped for none.
func (d Diffusion) draw(rng *rand.Rand, seed uint64, step int, conditions [][]int32, none []int32, latent []int) []any {
	batch := len(conditions)
	t, alpha, dropped := drawLevels(rng, d.Schedule.AlphasCumprod, batch, ConditionDropout)
	var ids []int32
	for b, condition := range conditions {
		if dropped[b] {
			condition = none
		}
		ids = append(ids, condition...)
	}
	return []any{t, alpha, gaussian(seed, fmt.Sprintf("diffusion/noise/%d", step), append([]int{batch}, latent...)...),
		tensors.FromFlatDataAndDimensions(ids, d.idDims(batch)...)}
}

// DiffusionTask fits U-Net and class embedding together to pictures that were encoded beforehand. Captions it doesn't take.
func DiffusionTask(backend compute.Backend, d Diffusion, data *Latents, batch int, seed uint64) (Task, error) {
	if err := d.validate(); err != nil {
		return Task{}, err
	}
	if d.Words != nil {
		return Task{}, errors.New("fitting a text-conditional model to encoded pictures: their captions aren't kept; draw them from a world")
	}
	params, err := d.params(backend, seed, data.Dims)
	if err != nil {
		return Task{}, err
	}
	order, err := newEpochOrder(len(data.Labels), batch, seed, "diffusion")
	if err != nil {
		return Task{}, err
	}
	size, channels := data.Size(), data.Dims[2]
	return Task{
		Name: "diffusion", Params: params,
		Loss: func(nets []nn.Scope, args []*Node) *Node { return d.loss(nets[0], args[0], levelsOf(args[1:])) },
		Batch: func(step int) ([]any, error) {
			rng := nn.Stream(seed, fmt.Sprintf("diffusion/step/%d", step))
			z, labels := make([]float32, 0, batch*size), make([][]int32, 0, batch)
			for _, i := range order.at(step) {
				for j := i * size; j < (i+1)*size; j++ {
					c := j % channels
					v := float64(data.Mean[j]) + float64(data.Std[j])*rng.NormFloat64()
					z = append(z, float32((v-data.Norm.Mean[c])*data.Norm.Scale[c]))
				}
				labels = append(labels, []int32{data.Labels[i]})
			}
			clean := tensors.FromFlatDataAndDimensions(z, append([]int{batch}, data.Dims...)...)
			return append([]any{clean}, d.draw(rng, seed, step, labels, []int32{int32(d.Embedding.Classes)}, data.Dims)...), nil
		},
	}, nil
}

// perScene is how many samples of a batch are made of each scene: drawing and encoding it cost a third of a sample.
const perScene = 2

// repeated is a batch n times, one after the other.
func repeated(x *Node, n int) *Node { return Concatenate(slices.Repeat([]*Node{x}, n), 0) }

// WorldDiffusionTask is [DiffusionTask] for a world whose pictures are drawn anew for every step: the encoder runs in each
// step, its parameters frozen; norm is that of its latents. Each scene is shown twice, with other noise; batch must be even.
func WorldDiffusionTask(backend compute.Backend, d Diffusion, encoder diffusion.AutoencoderKL, encoderParams *nn.Params,
	norm diffusion.Normalisation, data *Pictures, batch int, seed uint64) (Task, error) {
	if err := d.validate(); err != nil {
		return Task{}, err
	}
	if batch%perScene != 0 {
		return Task{}, fmt.Errorf("training diffusion: a batch of %d, but each scene makes %d samples", batch, perScene)
	}
	f := encoder.Factor()
	latent := []int{data.Height / f, data.Width / f, encoder.LatentChannels}
	params, err := d.params(backend, seed, latent)
	if err != nil {
		return Task{}, err
	}
	order, err := newEpochOrder(data.Len(), batch/perScene, seed, "diffusion")
	if err != nil {
		return Task{}, err
	}
	return Task{
		Name: "diffusion", Params: params, Frozen: []*nn.Params{encoderParams},
		Loss: func(nets []nn.Scope, args []*Node) *Node {
			mean, logvar := encoder.Encode(nets[1], diffusion.FromUnit(args[0]))
			mean, logvar = repeated(mean, perScene), repeated(logvar, perScene)
			z := Add(mean, Mul(Exp(MulScalar(logvar, 0.5)), args[1]))
			return d.loss(nets[0], StopGradient(norm.Apply(z)), levelsOf(args[2:]))
		},
		Batch: func(step int) ([]any, error) {
			numbers := order.at(step)
			x, _, err := data.Batch(numbers)
			if err != nil {
				return nil, err
			}
			conditions, none, err := d.condition(data, numbers)
			if err != nil {
				return nil, err
			}
			conditions = slices.Repeat(conditions, perScene)
			rng := nn.Stream(seed, fmt.Sprintf("diffusion/step/%d", step))
			return append([]any{tensors.FromFlatDataAndDimensions(x, batch/perScene, data.Height, data.Width, data.Channels),
				gaussian(seed, fmt.Sprintf("diffusion/posterior/%d", step), append([]int{batch}, latent...)...)},
				d.draw(rng, seed, step, conditions, none, latent)...), nil
		},
	}, nil
}
