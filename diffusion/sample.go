package diffusion

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// SampleOptions are the settings of [Sampler.Sample].
type SampleOptions struct {
	Height, Width int       // of the pictures, in pixels; required
	Steps         int       // denoising steps; 50
	GuidanceScale float64   // of classifier-free guidance; 2. 1 is the conditional estimate alone, in half the time
	Scheduler     Scheduler // how the steps are made; latent diffusion's deterministic [DDIM]
	Seed          uint64
}

func (o SampleOptions) withDefaults() SampleOptions {
	o.Steps = cmp.Or(o.Steps, 50)
	o.GuidanceScale = cmp.Or(o.GuidanceScale, 2)
	if o.Scheduler == nil {
		o.Scheduler = DDIM{}
	}
	return o
}

// Sampler draws pictures with a diffusion model. Its programs are compiled once for each number and size of pictures. It is safe for
// concurrent use.
type Sampler struct {
	model    *Model
	walker   *Walker
	estimate map[bool]*nn.Program // guided or not
	start    *nn.Program          // of the model's signal leak
	decode   *nn.Program
}

// NewSampler makes a sampler of a model, which must not change afterwards, on a backend.
func NewSampler(backend compute.Backend, m *Model) *Sampler {
	estimate := func(guided bool) *nn.Program {
		return nn.NewProgram(backend, "noise estimate of samples", func(s []nn.Scope, a []*Node) []*Node {
			t := Timesteps(a[1], a[0].Shape().Dimensions[0])
			return []*Node{GuidedEstimate(m.Denoiser, s[0], a[0], t, a[2], a[3], a[4], guided)}
		})
	}
	return &Sampler{model: m, walker: NewWalker(backend),
		estimate: map[bool]*nn.Program{false: estimate(false), true: estimate(true)},
		start: nn.NewProgram(backend, "start of samples", func(s []nn.Scope, a []*Node) []*Node {
			return []*Node{m.Leak.Start(s[0], a[0], a[1], a[2])}
		}),
		decode: nn.NewProgram(backend, "decoding of samples", func(s []nn.Scope, a []*Node) []*Node {
			return []*Node{ClipScalar(ToUnit(m.Decode(s[0], a[0])), 0, 1)}
		})}
}

// Sample draws a picture of each class from noise, with classifier-free guidance. The result is
// [len(classes), height, width, channels] in [0, 1]. Picture i depends on the seed, i and its class alone.
func (s *Sampler) Sample(ctx context.Context, classes []int, o SampleOptions) (*tensors.Tensor, error) {
	conditional, err := s.model.Conditioner.Tokens(classes)
	if err != nil {
		return nil, err
	}
	defer nn.Free(conditional)
	unconditional, err := s.model.Conditioner.Tokens(slices.Repeat([]int{Unconditional}, len(classes)))
	if err != nil {
		return nil, err
	}
	defer nn.Free(unconditional)
	return s.SampleTokens(ctx, unconditional, conditional, o)
}

// SampleTokens is [Sampler.Sample] for condition tokens, such as those of any prompts (see [TextConditioner.Encode]), each
// [pictures, tokens, width].
func (s *Sampler) SampleTokens(ctx context.Context, unconditional, conditional *tensors.Tensor, o SampleOptions) (*tensors.Tensor, error) {
	o = o.withDefaults()
	m := s.model
	moves, err := o.Scheduler.Moves(m.Schedule, o.Steps)
	if err != nil {
		return nil, err
	}
	pictures := conditional.Shape().Dimensions[0]
	start, err := s.begin(pictures, moves[0].Alpha, o)
	if err != nil {
		return nil, err
	}
	defer nn.Free(start)
	estimate := s.estimate[o.GuidanceScale != 1]
	z, err := s.walker.Walk(ctx, moves, start, Walk{
		Estimate: func(z *tensors.Tensor, t int) (*tensors.Tensor, error) {
			return estimate.Call1([]*nn.Params{m.DenoiserParams}, z, int32(t), unconditional, conditional, float32(o.GuidanceScale))
		},
		Noise: func(move int) *tensors.Tensor { return m.sampleNoise(pictures, fmt.Sprintf("/step/%d", move), o) },
	})
	if err != nil {
		return nil, fmt.Errorf("sampling: %w", err)
	}
	defer nn.Free(z)
	return s.decode.Call1([]*nn.Params{m.AutoencoderParams}, z)
}

// begin draws where the samples of n pictures start, at the level alpha: at noise, and the leak where the model knows one.
func (s *Sampler) begin(n int, alpha float64, o SampleOptions) (*tensors.Tensor, error) {
	m := s.model
	noise := m.sampleNoise(n, "", o)
	if m.Leak == nil {
		return noise, nil
	}
	defer nn.Free(noise)
	if d := m.LatentDims(n, o.Height, o.Width); d[1]%m.Leak.Side != 0 || d[2]%m.Leak.Side != 0 {
		return nil, fmt.Errorf("sampling: latents of %dx%d start with a leak on %dx%d cells; both sides must be multiples of %d",
			d[1], d[2], m.Leak.Side, m.Leak.Side, m.Leak.Side)
	}
	draws := make([]float32, 0, n*m.Leak.Values())
	for i := range n {
		draws = append(draws, nn.Gaussian(o.Seed, fmt.Sprintf("sample/%d/leak", i), m.Leak.Values())...)
	}
	start, err := s.start.Call1([]*nn.Params{m.LeakParams}, noise, tensors.FromFlatDataAndDimensions(draws, n, m.Leak.Values()), float32(alpha))
	if err != nil {
		return nil, fmt.Errorf("sampling: %w", err)
	}
	return start, nil
}

// sampleNoise draws the noise of n pictures, each from a stream of its own.
func (m *Model) sampleNoise(n int, stream string, o SampleOptions) *tensors.Tensor {
	dims := m.LatentDims(n, o.Height, o.Width)
	values := make([]float32, 0, n*dims[1]*dims[2]*dims[3])
	for i := range n {
		values = append(values, nn.Gaussian(o.Seed, fmt.Sprintf("sample/%d%s", i, stream), dims[1]*dims[2]*dims[3])...)
	}
	return tensors.FromFlatDataAndDimensions(values, dims...)
}
