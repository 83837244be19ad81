package diffusion

import (
	"fmt"
	"math"
)

// ScheduleConfig describes a training noise schedule, named as in diffusers.
type ScheduleConfig struct {
	// BetaSchedule is "linear", "scaled_linear" (linear in the square root of beta, as Stable Diffusion and latent
	// diffusion were trained; LDM's configuration calls it "linear") or "squaredcos_cap_v2", the cosine schedule of
	// Nichol and Dhariwal, 2021, which has no beta_start and beta_end.
	BetaSchedule string  `json:"beta_schedule"`
	BetaStart    float64 `json:"beta_start"`
	BetaEnd      float64 `json:"beta_end"`
	Steps        int     `json:"num_train_timesteps"`
}

// Schedule is a training noise schedule: z_t = sqrt(AlphasCumprod[t]) z + sqrt(1-AlphasCumprod[t]) noise.
type Schedule struct {
	Betas         []float64
	AlphasCumprod []float64
}

// NewSchedule computes the tables of a schedule in float64.
func NewSchedule(c ScheduleConfig) (Schedule, error) {
	if c.Steps < 1 || c.Steps > 100_000 {
		return Schedule{}, fmt.Errorf("noise schedule: num_train_timesteps is %d; legal is 1 to 100000", c.Steps)
	}
	if cosine := c.BetaSchedule == "squaredcos_cap_v2"; !cosine && !(c.BetaStart > 0 && c.BetaStart <= c.BetaEnd && c.BetaEnd < 1) {
		return Schedule{}, fmt.Errorf("noise schedule: beta_start %g and beta_end %g must satisfy 0 < start <= end < 1",
			c.BetaStart, c.BetaEnd)
	}
	beta := func(i int) float64 { return c.BetaStart + c.share(i)*(c.BetaEnd-c.BetaStart) }
	switch c.BetaSchedule {
	case "linear":
	case "scaled_linear":
		lo, hi := math.Sqrt(c.BetaStart), math.Sqrt(c.BetaEnd)
		beta = func(i int) float64 { b := lo + c.share(i)*(hi-lo); return b * b }
	case "squaredcos_cap_v2":
		alphaBar := func(i int) float64 {
			c := math.Cos((float64(i)/float64(c.Steps) + 0.008) / 1.008 * math.Pi / 2)
			return c * c
		}
		beta = func(i int) float64 { return min(1-alphaBar(i+1)/alphaBar(i), 0.999) }
	default:
		return Schedule{}, fmt.Errorf("noise schedule: unknown beta_schedule %q; legal are linear, scaled_linear and squaredcos_cap_v2",
			c.BetaSchedule)
	}
	s := Schedule{Betas: make([]float64, c.Steps), AlphasCumprod: make([]float64, c.Steps)}
	product := 1.0
	for i := range s.Betas {
		s.Betas[i] = beta(i)
		product *= 1 - s.Betas[i]
		s.AlphasCumprod[i] = product
	}
	return s, nil
}

// share is how far timestep i is on the way from the first to the last, 0 to 1.
func (c ScheduleConfig) share(i int) float64 {
	if c.Steps == 1 {
		return 0
	}
	return float64(i) / float64(c.Steps-1)
}
