package diffusion

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// DiffEditOptions are the settings of [DiffEdit]. The zero value is what diffusers has.
type DiffEditOptions struct {
	// Strength is how far the latent is noised, as a share of the schedule: above 0, below 1; 0.5.
	Strength float64 `json:"strength"`
	// Samples is over how many noises the map is averaged; 10.
	Samples int `json:"samples"`
	// Clamp is the multiple of the map's mean that counts as 1, as does all above it; 3.
	Clamp float64 `json:"clamp"`
}

// DiffEdit maps where a model would denoise a picture otherwise if it were told another class: the mean absolute difference of its
// noise estimates under the two, over several noises. Source: Couairon et al., 2022, section 3.2, scaled as diffusers does.
type DiffEdit struct {
	model   *Model
	options DiffEditOptions
	program *nn.Program // latent, noises, alpha, timestep, tokens of both classes -> map
}

// NewDiffEdit prepares maps. Options that make no sense are errors; nothing is compiled before the first map.
func NewDiffEdit(backend compute.Backend, m *Model, o DiffEditOptions) (*DiffEdit, error) {
	o.Strength = cmp.Or(o.Strength, 0.5)
	o.Samples = cmp.Or(o.Samples, 10)
	o.Clamp = cmp.Or(o.Clamp, 3)
	switch {
	case !(o.Strength > 0 && o.Strength < 1):
		return nil, fmt.Errorf("diffedit: strength is %g; legal is above 0 and below 1", o.Strength)
	case o.Samples < 1:
		return nil, fmt.Errorf("diffedit: samples is %d; it must be positive", o.Samples)
	case !(o.Clamp > 0 && o.Clamp <= 1e6):
		return nil, fmt.Errorf("diffedit: clamp is %g; it must be positive", o.Clamp)
	}
	factor := m.Autoencoder.Factor()
	build := func(s []nn.Scope, a []*Node) []*Node {
		z, noise, alpha, t, source, target := a[0], a[1], a[2], a[3], a[4], a[5]
		noisy := AddNoise(BroadcastToShape(z, noise.Shape()), alpha, noise)
		epsS, epsT := EpsPair(m.Denoiser, s[0], noisy, Timesteps(t, o.Samples), source, target)
		difference := ExpandAxes(ReduceMean(Abs(Sub(epsT, epsS)), 0, 3), 0, -1)
		limit := MaxScalar(MulScalar(ReduceAllMean(difference), o.Clamp), 1e-12)
		scaled := MinScalar(Div(difference, limit), 1)
		d := scaled.Shape().Dimensions
		return []*Node{nn.Resize(scaled, d[1]*factor, d[2]*factor, nn.ResizeOptions{})}
	}
	return &DiffEdit{model: m, options: o, program: nn.NewProgram(backend, "diffedit", build)}, nil
}

// Map returns a map [1, height, width, 1] of the pixels, from 0 to 1, for a latent z [1, height, width, channels]: the larger, the
// more the target class would change. The caller frees it. The same seed gives the same map.
func (d *DiffEdit) Map(z *tensors.Tensor, source, target int, seed uint64) (*tensors.Tensor, error) {
	dims := append([]int{d.options.Samples}, z.Shape().Dimensions[1:]...)
	noise := tensors.FromFlatDataAndDimensions(nn.Gaussian(seed, "diffedit", dims[0]*dims[1]*dims[2]*dims[3]), dims...)
	defer nn.Free(noise)
	var tokens [2]*tensors.Tensor
	for i, class := range []int{source, target} {
		var err error
		if tokens[i], err = d.model.Conditioner.Tokens(slices.Repeat([]int{class}, d.options.Samples)); err != nil {
			return nil, fmt.Errorf("diffedit: %w", err)
		}
		defer nn.Free(tokens[i])
	}
	t := int(d.options.Strength * float64(len(d.model.Schedule.AlphasCumprod)))
	return d.program.Call1([]*nn.Params{d.model.DenoiserParams}, z, noise, float32(d.model.Schedule.AlphasCumprod[t]), int32(t), tokens[0], tokens[1])
}
