package diffusion

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Scheduler is a way down a noise schedule: the calls of the denoiser and what is made of each. Each one is a file of
// its own, named after its paper: [DDIM], [DDPM], [PLMS], [DPMSolver].
type Scheduler interface {
	// Moves lists the calls for a number of steps, from noise to picture.
	Moves(s Schedule, steps int) ([]Move, error)
}

// Move is one call of the denoiser, at latents z and timestep T, and the move that follows. All schedulers here are
// linear in latents and noise estimates, so that a move is its coefficients:
//
//	next = Latents[0] z + Latents[1] (z of the move before) + sum_k Estimates[k] (k-th last noise estimate) + Noise n
//
// where Estimates[0] belongs to the estimate that was just made and n is standard normal. That makes one compiled
// program serve every scheduler, and a scheduler plain arithmetic.
type Move struct {
	T         int     // timestep given to the denoiser
	Alpha     float64 // alphas_cumprod at T; what [PredictX0] takes
	Latents   [2]float64
	Estimates [4]float64
	Noise     float64
	// Lookahead marks a call whose estimate is used in this move only and is not counted among the last ones later on.
	Lookahead bool
}

// ddim fills the coefficients of Song et al., 2021, Eq. 12, for an estimate that is the weighted sum of the last ones.
func (m *Move) ddim(alphaPrev, sigma float64, weights ...float64) {
	m.Latents[0] = math.Sqrt(alphaPrev / m.Alpha)
	direction := math.Sqrt(max(1-alphaPrev-sigma*sigma, 0)) - math.Sqrt(alphaPrev/m.Alpha*(1-m.Alpha))
	for k, w := range weights {
		m.Estimates[k] = w * direction
	}
	m.Noise = sigma
}

// coefficients are the move's numbers as [MoveNode] takes them.
func (m Move) coefficients() []float32 {
	out := []float32{float32(m.Alpha), float32(m.Noise)}
	for _, c := range slices.Concat(m.Latents[:], m.Estimates[:]) {
		out = append(out, float32(c))
	}
	return out
}

// moveNode makes a move in a graph and returns the next latents and the clean latents that the new estimate implies.
// latents are z and that of the move before, estimates the last noise estimates, newest first.
func moveNode(coefficients, noise *Node, latents, estimates []*Node) (next, x0 *Node) {
	number := func(i int) *Node { return Reshape(Slice(coefficients, AxisElem(i))) }
	for i, x := range slices.Concat([]*Node{noise}, latents, estimates) {
		term := Mul(number(1+i), x)
		if next == nil {
			next = term
		} else {
			next = Add(next, term)
		}
	}
	return next, PredictX0(latents[0], estimates[0], number(0))
}

// Spacing is a choice of timesteps out of a training schedule's.
type Spacing string

// The spacings, named as in diffusers' timestep_spacing, and latent diffusion's own.
const (
	Leading  Spacing = "leading"  // multiples of (T div steps), plus an offset
	Trailing Spacing = "trailing" // from the last timestep down in steps of T/steps
	Linspace Spacing = "linspace" // evenly from 0 to the last timestep
	LDM      Spacing = "ldm"      // every (T div steps)-th plus one; more than asked for where steps doesn't divide T
)

// timesteps lists the timesteps of a spacing, descending.
func (p Spacing) timesteps(total, steps, offset int) ([]int, error) {
	if steps < 1 || steps > total {
		return nil, fmt.Errorf("%d steps of a schedule of %d timesteps; legal is 1 to %d", steps, total, total)
	}
	var out []int
	switch p {
	case Leading:
		for i := range steps {
			out = append(out, i*(total/steps)+offset)
		}
	case LDM:
		for t := 0; t < total; t += total / steps {
			out = append(out, t+1)
		}
	case Linspace:
		for i := range steps {
			at := 0.0
			if steps > 1 {
				at = float64(i) * float64(total-1) / float64(steps-1)
			}
			out = append(out, int(math.RoundToEven(at)))
		}
	case Trailing:
		for i := steps - 1; i >= 0; i-- {
			out = append(out, int(math.RoundToEven(float64(total)-float64(i)*float64(total)/float64(steps)))-1)
		}
	default:
		return nil, fmt.Errorf("unknown timestep_spacing %q; legal are %s, %s, %s and %s", p, Leading, Trailing, Linspace, LDM)
	}
	if last := out[len(out)-1]; last >= total {
		return nil, fmt.Errorf("%d steps with %s spacing reach timestep %d, past the schedule's last, %d: make fewer steps", steps, p, last, total-1)
	}
	slices.Reverse(out)
	return out, nil
}

// before is the timestep that the i-th step ends on: for LDM's spacing the next of the list, as latent diffusion has it;
// else the one that is T/steps lower, as diffusers has it. It is negative at the end.
func (p Spacing) before(timesteps []int, i, total, steps int) int {
	if p == LDM {
		if i+1 < len(timesteps) {
			return timesteps[i+1]
		}
		return -1
	}
	return timesteps[i] - total/steps
}

// alphaAt is alphas_cumprod at a timestep, and at a negative one its value at timestep 0 or, where clean is set, 1.
func (s Schedule) alphaAt(t int, clean bool) float64 {
	switch {
	case t >= 0:
		return s.AlphasCumprod[t]
	case clean:
		return 1
	}
	return s.AlphasCumprod[0]
}
