package diffusion

import (
	"cmp"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// Step is one denoising step of a respaced schedule.
type Step struct {
	Index     int     // position in the respaced schedule, 0 is the last step taken
	T         int     // timestep given to the denoiser
	Alpha     float64 // alphas_cumprod at T
	AlphaPrev float64 // alphas_cumprod at the level the step ends on
	Sigma     float64 // standard deviation of the noise the step adds, 0 for eta = 0
}

// DDIMSteps respaces a schedule as latent diffusion does: every (T div steps)-th timestep plus one, ascending. The
// last step ends on alphas_cumprod[0], not on 1. steps must divide the length of the schedule, so that as many steps
// are made as were asked for. eta is 0 for deterministic steps and 1 for DDPM's variance.
// Source: Song et al., 2021, Eq. 12 and 16; SPEC-LDCE section 1.
func (s Schedule) DDIMSteps(steps int, eta float64) ([]Step, error) {
	total := len(s.AlphasCumprod)
	if steps < 1 || steps > total || total%steps != 0 {
		return nil, fmt.Errorf("DDIM: %d steps don't divide the schedule's %d timesteps; try one of %v",
			steps, total, divisorsNear(total, steps))
	}
	if eta < 0 || eta > 1 || math.IsNaN(eta) {
		return nil, fmt.Errorf("DDIM: eta is %g; legal is 0 to 1", eta)
	}
	stride := total / steps
	if stride == 1 {
		return nil, fmt.Errorf("DDIM: %d steps leave no room for the shift by one; use at most %d", steps, total/2)
	}
	out := make([]Step, steps)
	for i := range out {
		st := Step{Index: i, T: i*stride + 1}
		st.Alpha, st.AlphaPrev = s.AlphasCumprod[st.T], s.AlphasCumprod[0]
		if i > 0 {
			st.AlphaPrev = out[i-1].Alpha
		}
		st.Sigma = eta * math.Sqrt((1-st.AlphaPrev)/(1-st.Alpha)*(1-st.Alpha/st.AlphaPrev))
		out[i] = st
	}
	return out, nil
}

func divisorsNear(total, steps int) []int {
	var below, above int
	for d := 1; d <= total/2; d++ {
		if total%d != 0 {
			continue
		}
		if d <= steps {
			below = d
		} else if above == 0 {
			above = d
		}
	}
	if above == 0 {
		return []int{below}
	}
	return []int{below, above}
}

// DDIM is the sampler of Song et al., 2021. Its zero value makes latent diffusion's deterministic steps.
type DDIM struct {
	Eta         float64 // 0 is deterministic, 1 has DDPM's variance
	Spacing     Spacing // LDM where none is given
	StepsOffset int     // added to the timesteps of leading spacing; 1 for Stable Diffusion
	// SetAlphaToOne ends the last step on a clean latent, rather than on the level of timestep 0. Not for LDM spacing.
	SetAlphaToOne bool
}

// Moves lists the denoising steps.
func (d DDIM) Moves(s Schedule, steps int) ([]Move, error) {
	if d.Eta < 0 || d.Eta > 1 || math.IsNaN(d.Eta) {
		return nil, fmt.Errorf("DDIM: eta is %g; legal is 0 to 1", d.Eta)
	}
	spacing, total := cmp.Or(d.Spacing, LDM), len(s.AlphasCumprod)
	timesteps, err := spacing.timesteps(total, steps, d.StepsOffset)
	if err != nil {
		return nil, fmt.Errorf("DDIM: %w", err)
	}
	moves := make([]Move, len(timesteps))
	for i, t := range timesteps {
		m := Move{T: t, Alpha: s.AlphasCumprod[t]}
		alphaPrev := s.alphaAt(spacing.before(timesteps, i, total, steps), d.SetAlphaToOne && spacing != LDM)
		sigma := d.Eta * math.Sqrt((1-alphaPrev)/(1-m.Alpha)*(1-m.Alpha/alphaPrev))
		m.ddim(alphaPrev, sigma, 1)
		moves[i] = m
	}
	return moves, nil
}

// NoNoise stands for the noise of a step whose Sigma is 0, where a compiled step takes noise in any case.
func NoNoise() *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(make([]float32, 1), 1, 1, 1, 1)
}

// PredictX0 returns the clean latent that a noise estimate implies: (z - sqrt(1-alpha) eps) / sqrt(alpha).
// alpha is a scalar, alphas_cumprod at the level of z. Source: Song et al., 2021, Eq. 9.
func PredictX0(z, eps, alpha *Node) *Node {
	return Div(Sub(z, Mul(Sqrt(OneMinus(alpha)), eps)), Sqrt(alpha))
}

// DDIMStep returns the latent at the next lower noise level and the predicted clean latent. alpha, alphaPrev and sigma
// are scalars as in [Step]; noise is a standard normal tensor of z's shape, or nil where sigma is zero.
// Source: Song et al., 2021, Eq. 12.
func DDIMStep(z, eps, alpha, alphaPrev, sigma, noise *Node) (prev, x0 *Node) {
	x0 = PredictX0(z, eps, alpha)
	direction := Sqrt(MaxScalar(Sub(OneMinus(alphaPrev), Square(sigma)), 0.0))
	prev = Add(Mul(Sqrt(alphaPrev), x0), Mul(direction, eps))
	if noise != nil {
		prev = Add(prev, Mul(sigma, noise))
	}
	return prev, x0
}

// AddNoise takes clean latents to the noise level alpha: sqrt(alpha) z + sqrt(1-alpha) noise. alpha is a scalar or
// broadcasts over z.
func AddNoise(z, alpha, noise *Node) *Node {
	return Add(Mul(Sqrt(alpha), z), Mul(Sqrt(OneMinus(alpha)), noise))
}

// NoiseBetween is the noise by which [AddNoise] takes the clean latents z to noisy ones at the level alpha; 0 where alpha is 1.
func NoiseBetween(noisy, z, alpha *Node) *Node {
	share := OneMinus(alpha)
	return Div(Sub(noisy, Mul(Sqrt(alpha), z)), Sqrt(MaxScalar(share, 1e-12)))
}

// GuidedEps is classifier-free guidance: the unconditional estimate plus scale times the class direction. scale 1
// gives the conditional estimate. Source: Ho and Salimans, 2022.
func GuidedEps(unconditional, conditional *Node, scale *Node) *Node {
	return Add(unconditional, Mul(scale, Sub(conditional, unconditional)))
}

// GuidedEstimate is a denoiser's noise estimate at latents z with classifier-free guidance; not guided, it is the conditional
// estimate alone, in half the time.
func GuidedEstimate(d Denoiser, s nn.Scope, z, t, unconditional, conditional, scale *Node, guided bool) *Node {
	if !guided {
		return d.Eps(s, z, t, conditional)
	}
	epsU, epsC := EpsPair(d, s, z, t, unconditional, conditional)
	return GuidedEps(epsU, epsC, scale)
}

// EpsPair returns a denoiser's noise estimates at latents z under two conditions, made together as one batch of twice
// the size: on small latents that takes little longer than one of them.
func EpsPair(d Denoiser, s nn.Scope, z, t, unconditional, conditional *Node) (epsU, epsC *Node) {
	both := d.Eps(s, twice(z, z), twice(t, t), twice(unconditional, conditional))
	halves := Split(both, 0, 2)
	return halves[0], halves[1]
}

func twice(a, b *Node) *Node { return Concatenate([]*Node{a, b}, 0) }
