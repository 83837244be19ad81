package diffusion

import (
	"cmp"
	"fmt"
	"math"
)

// DDPM is the ancestral sampler of Ho et al., 2020, on a respaced schedule. It adds noise in every step but the last.
type DDPM struct {
	Spacing     Spacing // Leading where none is given
	StepsOffset int     // added to the timesteps of leading spacing
	// LargeVariance takes the variance beta ("fixed large") in place of the posterior's ("fixed small").
	LargeVariance bool
}

// Moves lists the denoising steps.
func (d DDPM) Moves(s Schedule, steps int) ([]Move, error) {
	spacing, total := cmp.Or(d.Spacing, Leading), len(s.AlphasCumprod)
	timesteps, err := spacing.timesteps(total, steps, d.StepsOffset)
	if err != nil {
		return nil, fmt.Errorf("DDPM: %w", err)
	}
	moves := make([]Move, len(timesteps))
	for i, t := range timesteps {
		m := Move{T: t, Alpha: s.AlphasCumprod[t]}
		alphaPrev := s.alphaAt(spacing.before(timesteps, i, total, steps), true)
		beta := 1 - m.Alpha/alphaPrev
		// The mean of the posterior, Eq. 7, at the clean latent (z - sqrt(1-alpha) eps) / sqrt(alpha).
		clean := math.Sqrt(alphaPrev) * beta / (1 - m.Alpha)
		m.Latents[0] = clean/math.Sqrt(m.Alpha) + math.Sqrt(1-beta)*(1-alphaPrev)/(1-m.Alpha)
		m.Estimates[0] = -clean * math.Sqrt((1-m.Alpha)/m.Alpha)
		if variance := beta * (1 - alphaPrev) / (1 - m.Alpha); t > 0 {
			if d.LargeVariance {
				variance = beta
			}
			m.Noise = math.Sqrt(max(variance, 1e-20))
		}
		moves[i] = m
	}
	return moves, nil
}
