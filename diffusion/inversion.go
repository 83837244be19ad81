package diffusion

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// Inverter makes deterministic DDIM's steps backwards, so that denoising from where it ends leads back to where it began.
// Source: Song et al., 2021, section 4.3.
type Inverter struct {
	model *Model
	step  *nn.Program // latent, latent that the noise is estimated of, the two levels, timestep, tokens -> latent at the next higher level
}

// NewInverter prepares the inversion of a model's latents; nothing is compiled before the first.
func NewInverter(backend compute.Backend, m *Model) *Inverter {
	step := func(s []nn.Scope, a []*Node) []*Node {
		z, at, alpha, alphaNext, t, tokens := a[0], a[1], a[2], a[3], a[4], a[5]
		eps := m.Denoiser.Eps(s[0], at, Timesteps(t, at.Shape().Dimensions[0]), tokens)
		next, _ := DDIMStep(z, eps, alpha, alphaNext, ScalarZero(z.Graph(), z.DType()), nil)
		return []*Node{next}
	}
	return &Inverter{model: m, step: nn.NewProgram(backend, "inversion step", step)}
}

// inversionPasses is how often the noise of a step backwards is estimated. A step's noise should be that of the latent it leads
// to, which isn't known yet: the first estimate is that of the latent it comes from, the next that of where the first leads.
const inversionPasses = 2

// Invert takes latents z [batch, height, width, channels] through steps, ascending in time as [Schedule.DDIMSteps] lists them,
// under condition tokens [batch, tokens, width]. The result holds the latents behind each step: number i is at the level
// steps[i].Alpha. The caller frees them.
func (v *Inverter) Invert(ctx context.Context, z, tokens *tensors.Tensor, steps []Step) ([]*tensors.Tensor, error) {
	latents := make([]*tensors.Tensor, 0, len(steps))
	for k, step := range steps {
		next, err := v.back(ctx, z, tokens, step)
		if err != nil {
			nn.Free(latents...)
			return nil, fmt.Errorf("inversion, after %d of %d steps: %w", k, len(steps), err)
		}
		latents, z = append(latents, next), next
	}
	return latents, nil
}

// back makes one step.
func (v *Inverter) back(ctx context.Context, z, tokens *tensors.Tensor, step Step) (*tensors.Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	at := z
	for range inversionPasses {
		next, err := v.step.Call1([]*nn.Params{v.model.DenoiserParams}, z, at, float32(step.AlphaPrev), float32(step.Alpha), int32(step.T), tokens)
		if at != z {
			nn.Free(at)
		}
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}
