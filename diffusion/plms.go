package diffusion

import (
	"cmp"
	"fmt"
)

// PLMS is the pseudo linear multistep sampler of Liu et al., 2022 (PNDM), without Runge-Kutta steps: of Stable Diffusion's
// published scheduler (skip_prk_steps) and, with LDM spacing, of latent diffusion. Its first step looks one step
// ahead, so that the denoiser is called once more than there are steps. Estimates are kept as those of the noise, also
// where the network estimates something else (see [Predicting]); there diffusers' PNDMScheduler, which keeps the network's
// own, gives slightly other latents.
type PLMS struct {
	Spacing       Spacing // LDM where none is given
	StepsOffset   int     // added to the timesteps of leading spacing; 1 for Stable Diffusion
	SetAlphaToOne bool    // as in [DDIM]
}

// adamsBashforth are the weights of the last estimates, newest first, by how many there are.
var adamsBashforth = [][]float64{
	{1},
	{3. / 2, -1. / 2},
	{23. / 12, -16. / 12, 5. / 12},
	{55. / 24, -59. / 24, 37. / 24, -9. / 24},
}

// Moves lists the denoising steps, the one that looks ahead second.
func (p PLMS) Moves(s Schedule, steps int) ([]Move, error) {
	spacing, total := cmp.Or(p.Spacing, LDM), len(s.AlphasCumprod)
	timesteps, err := spacing.timesteps(total, steps, p.StepsOffset)
	if err != nil {
		return nil, fmt.Errorf("PLMS: %w", err)
	}
	var moves []Move
	for i, t := range timesteps {
		m := Move{T: t, Alpha: s.AlphasCumprod[t]}
		alphaPrev := s.alphaAt(spacing.before(timesteps, i, total, steps), p.SetAlphaToOne && spacing != LDM)
		if i > 0 {
			m.ddim(alphaPrev, 0, adamsBashforth[min(i, 3)]...)
			moves = append(moves, m)
			continue
		}
		// The first step is made, looked back at from its end, and made again with the mean of both estimates.
		m.ddim(alphaPrev, 0, 1)
		again := m
		again.ddim(alphaPrev, 0, 0.5, 0.5)
		again.T, again.Lookahead = timesteps[min(1, len(timesteps)-1)], true
		again.Latents = [2]float64{0, again.Latents[0]}
		moves = append(moves, m, again)
	}
	for i := range moves { // the look-ahead's clean latent is that of its own timestep
		moves[i].Alpha = s.AlphasCumprod[moves[i].T]
	}
	return moves, nil
}
