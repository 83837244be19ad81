package diffusion

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// DPMSolver is DPM-Solver++(2M), the second-order multistep solver of Lu et al., 2022 (Algorithm 2), for the clean latent, with
// midpoint steps. Field by field it does what diffusers' DPMSolverMultistepScheduler does.
type DPMSolver struct {
	Spacing     Spacing // Linspace where none is given; LDM is not defined
	StepsOffset int     // added to the timesteps of leading spacing
	Order       int     // 1 or 2; 2 where none is given
	// Karras spaces the noise levels as Karras et al., 2022, Eq. 5, with rho = 7, between the schedule's ends; the
	// denoiser is given the timestep nearest to a level.
	Karras bool
	// EndsAtSigmaMin ends the last step on the level of timestep 0 rather than on a clean latent.
	EndsAtSigmaMin bool
	// SecondOrderEnd makes also the last step of a short way (fewer than 15 steps) a second-order one.
	SecondOrderEnd bool
}

// level is a noise level as this solver sees it: the latent is signal z0 + noise eps, and sigma = noise/signal.
type level struct{ signal, noise, lambda float64 }

func levelOf(sigma float64) level {
	signal := 1 / math.Sqrt(1+sigma*sigma)
	return level{signal: signal, noise: sigma * signal, lambda: -math.Log(sigma)} // +Inf at sigma 0
}

// Moves lists the denoising steps.
func (d DPMSolver) Moves(s Schedule, steps int) ([]Move, error) {
	if d.Order < 0 || d.Order > 2 {
		return nil, fmt.Errorf("DPM-Solver++: order %d; legal are 1 and 2", d.Order)
	}
	timesteps, sigmas, err := d.levels(s, steps)
	if err != nil {
		return nil, fmt.Errorf("DPM-Solver++: %w", err)
	}
	moves := make([]Move, len(timesteps))
	for i, t := range timesteps {
		first := d.Order == 1 || i == 0 || i == len(timesteps)-1 && (!d.EndsAtSigmaMin || !d.SecondOrderEnd && len(timesteps) < 15)
		now, next := levelOf(sigmas[i]), levelOf(sigmas[i+1])
		moves[i] = Move{T: t, Alpha: now.signal * now.signal}
		h := next.lambda - now.lambda
		toClean := -next.signal * math.Expm1(-h)
		moves[i].Latents[0] = next.noise / now.noise
		if first {
			moves[i].addClean(0, now, toClean)
			continue
		}
		before := levelOf(sigmas[i-1])
		half := toClean / 2 * h / (now.lambda - before.lambda)
		moves[i].addClean(0, now, toClean+half)
		moves[i].addClean(1, before, -half)
	}
	return moves, nil
}

// addClean adds a multiple of the clean latent that the k-th last estimate implied, at its level.
func (m *Move) addClean(k int, at level, factor float64) {
	m.Latents[k] += factor / at.signal
	m.Estimates[k] -= factor * at.noise / at.signal
}

// levels lists the timesteps and, with one more for the end, their noise levels as sigma.
func (d DPMSolver) levels(s Schedule, steps int) (timesteps []int, sigmas []float64, err error) {
	total, spacing := len(s.AlphasCumprod), cmp.Or(d.Spacing, Linspace)
	switch {
	case spacing == Trailing:
		timesteps, err = spacing.timesteps(total, steps, 0)
	case spacing == LDM:
		err = fmt.Errorf("LDM spacing is not defined for this solver; use %s, %s or %s", Leading, Trailing, Linspace)
	case steps < 1 || steps >= total:
		err = fmt.Errorf("%d steps of a schedule of %d timesteps; legal is 1 to %d", steps, total, total-1)
	default: // one timestep more, of which the lowest is left out
		if timesteps, err = spacing.timesteps(total, steps+1, d.offset(spacing)); err == nil {
			timesteps = timesteps[:steps]
		}
	}
	if err != nil {
		return nil, nil, err
	}
	table := make([]float64, total)
	for t, alpha := range s.AlphasCumprod {
		table[t] = math.Sqrt((1 - alpha) / alpha)
	}
	for _, t := range timesteps {
		sigmas = append(sigmas, table[t])
	}
	if d.Karras {
		sigmas = karras(table[total-1], table[0], steps)
		for i, sigma := range sigmas {
			timesteps[i] = timestepOf(sigma, table)
		}
	}
	last := 0.0
	if d.EndsAtSigmaMin {
		last = table[0]
	}
	return timesteps, append(sigmas, last), nil
}

func (d DPMSolver) offset(spacing Spacing) int {
	if spacing == Leading {
		return d.StepsOffset
	}
	return 0
}

// karras spaces noise levels from the largest down to the smallest, evenly in their seventh root.
func karras(largest, smallest float64, steps int) []float64 {
	const rho = 7
	hi, lo := math.Pow(largest, 1./rho), math.Pow(smallest, 1./rho)
	out := make([]float64, steps)
	for i := range out {
		share := 0.0
		if steps > 1 {
			share = float64(i) / float64(steps-1)
		}
		out[i] = math.Pow(hi+share*(lo-hi), rho)
	}
	return out
}

// timestepOf is the timestep whose noise level is nearest, by linear interpolation in log sigma.
func timestepOf(sigma float64, table []float64) int {
	low, found := slices.BinarySearch(table, sigma)
	if !found {
		low--
	}
	low = min(max(0, low), len(table)-2)
	lo, hi := math.Log(table[low]), math.Log(table[low+1])
	return int(math.RoundToEven(float64(low) + min(max(0, (lo-math.Log(sigma))/(lo-hi)), 1)))
}
