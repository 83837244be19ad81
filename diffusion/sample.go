package diffusion

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// SampleOptions are the settings of [Model.Sample].
type SampleOptions struct {
	Height, Width int     // of the pictures, in pixels; required
	Steps         int     // DDIM steps; 50
	GuidanceScale float64 // of classifier-free guidance; 2. 1 is the conditional estimate alone
	Seed          uint64
}

// Sample draws a picture of each class from noise, by deterministic DDIM with classifier-free guidance. The result is
// [len(classes), height, width, channels] in [0, 1]. Picture i depends on the seed, i and its class alone.
func (m *Model) Sample(ctx context.Context, backend compute.Backend, classes []int, o SampleOptions) (*tensors.Tensor, error) {
	if o.Steps == 0 {
		o.Steps = 50
	}
	if o.GuidanceScale == 0 {
		o.GuidanceScale = 2
	}
	steps, err := m.Schedule.DDIMSteps(o.Steps, 0)
	if err != nil {
		return nil, err
	}
	conditional, err := m.Conditioner.Tokens(classes)
	if err != nil {
		return nil, err
	}
	nobody := make([]int, len(classes))
	for i := range nobody {
		nobody[i] = Unconditional
	}
	unconditional, err := m.Conditioner.Tokens(nobody)
	if err != nil {
		return nil, err
	}
	step := nn.NewProgram(backend, "sample step", func(s []nn.Scope, a []*Node) []*Node {
		z, alpha, alphaPrev := a[0], a[2], a[3]
		t := Timesteps(a[1], z.Shape().Dimensions[0])
		epsU, epsC := EpsPair(m.Denoiser, s[0], z, t, a[4], a[5])
		prev, _ := DDIMStep(z, GuidedEps(epsU, epsC, a[6]), alpha, alphaPrev, ScalarZero(z.Graph(), z.DType()), nil)
		return []*Node{prev}
	})
	z := m.sampleNoise(len(classes), o)
	for i := len(steps) - 1; i >= 0; i-- {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("sampling stopped with %d of %d steps left: %w", i+1, len(steps), err)
		}
		if z, err = step.Call1([]*nn.Params{m.DenoiserParams}, z, int32(steps[i].T), float32(steps[i].Alpha),
			float32(steps[i].AlphaPrev), unconditional, conditional, float32(o.GuidanceScale)); err != nil {
			return nil, err
		}
	}
	decode := nn.NewProgram(backend, "sample decode", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{ClipScalar(ToUnit(m.Decode(s[0], a[0])), 0, 1)}
	})
	return decode.Call1([]*nn.Params{m.AutoencoderParams}, z)
}

func (m *Model) sampleNoise(n int, o SampleOptions) *tensors.Tensor {
	dims := m.LatentDims(n, o.Height, o.Width)
	values := make([]float32, 0, n*dims[1]*dims[2]*dims[3])
	for i := range n {
		values = append(values, nn.Gaussian(o.Seed, fmt.Sprintf("sample/%d", i), dims[1]*dims[2]*dims[3])...)
	}
	return tensors.FromFlatDataAndDimensions(values, dims...)
}
