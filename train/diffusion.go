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

// ConditionDropout is the share of training samples that are shown without their class, for classifier-free guidance.
// Source: Ho and Salimans, 2022.
const ConditionDropout = 0.1

// DiffusionTask fits U-Net and class embedding together to encoded pictures: E |noise - eps(z_t, t, class)|^2.
func DiffusionTask(backend compute.Backend, net diffusion.UNet, embedding diffusion.ClassEmbedding, schedule diffusion.Schedule,
	data *Latents, batch int, seed uint64) (Task, error) {
	if err := net.Validate(); err != nil {
		return Task{}, err
	}
	height, width, channels := data.Dims[0], data.Dims[1], data.Dims[2]
	params, err := nn.Create(backend, seed, func(s nn.Scope, args []*Node) {
		net.Eps(s, args[0], args[1], embedding.Embed(s, args[1]))
	}, shapes.Make(dtypes.Float32, 1, height, width, channels), shapes.Make(dtypes.Int32, 1))
	if err != nil {
		return Task{}, err
	}
	order, err := newEpochOrder(len(data.Labels), batch, seed, "diffusion")
	if err != nil {
		return Task{}, err
	}
	size := data.Size()
	return Task{
		Name: "diffusion", Params: params,
		Loss: func(nets []nn.Scope, args []*Node) *Node {
			z, t, alpha, noise, ids := args[0], args[1], args[2], args[3], args[4]
			eps := net.Eps(nets[0], diffusion.AddNoise(z, alpha, noise), t, embedding.Embed(nets[0], ids))
			return ReduceAllMean(Square(Sub(noise, eps)))
		},
		Batch: func(step int) []any {
			rng := nn.Stream(seed, fmt.Sprintf("diffusion/step/%d", step))
			z := make([]float32, 0, batch*size)
			t, alpha, ids := make([]int32, batch), make([]float32, batch), make([]int32, batch)
			for b, i := range order.at(step) {
				for j := i * size; j < (i+1)*size; j++ {
					c := j % channels
					v := float64(data.Mean[j]) + float64(data.Std[j])*rng.NormFloat64()
					z = append(z, float32((v-data.Norm.Mean[c])*data.Norm.Scale[c]))
				}
				t[b] = int32(rng.IntN(len(schedule.AlphasCumprod)))
				alpha[b] = float32(schedule.AlphasCumprod[t[b]])
				ids[b] = data.Labels[i]
				if rng.Float64() < ConditionDropout {
					ids[b] = int32(embedding.Classes)
				}
			}
			return []any{
				tensors.FromFlatDataAndDimensions(z, batch, height, width, channels), t,
				tensors.FromFlatDataAndDimensions(alpha, batch, 1, 1, 1),
				gaussian(seed, fmt.Sprintf("diffusion/noise/%d", step), batch, height, width, channels), ids,
			}
		},
	}, nil
}
