package diffusion

import (
	"bytes"
	"fmt"
	"regexp"

	"otherwise/diffusion/internal/fields"
)

// SchedulerConfig is a published scheduler_config.json: the training schedule, what the network estimates, and the
// sampler that its makers recommend. Fields are named as in diffusers.
type SchedulerConfig struct {
	ScheduleConfig
	Class           string  `json:"_class_name"`
	PredictionType  string  `json:"prediction_type"` // see [Predicting]; "" is epsilon
	TimestepSpacing Spacing `json:"timestep_spacing"`
	StepsOffset     int     `json:"steps_offset"`
	SetAlphaToOne   *bool   `json:"set_alpha_to_one"`  // DDIM (true), PNDM (false)
	ClipSample      *bool   `json:"clip_sample"`       // DDIM and DDPM; must be false, as it is for latents
	SkipPRKSteps    bool    `json:"skip_prk_steps"`    // PNDM; must be true
	VarianceType    string  `json:"variance_type"`     // DDPM: fixed_small or fixed_large
	SolverOrder     int     `json:"solver_order"`      // DPM-Solver
	KarrasSigmas    bool    `json:"use_karras_sigmas"` // DPM-Solver
	FinalSigmas     string  `json:"final_sigmas_type"` // DPM-Solver: zero or sigma_min
	LowerOrderFinal *bool   `json:"lower_order_final"` // DPM-Solver
}

// schedulerConfig is what is known of published schedulers. What only samplers that are not here look at is ignored.
var schedulerConfig = fields.Kind{Name: "scheduler",
	Ignored: []string{"dynamic_thresholding_ratio", "sample_max_value", "clip_sample_range", "flow_shift", "time_shift_type", "lambda_min_clipped",
		"interpolation_type", "timestep_type", "original_inference_steps", "timestep_scaling", "sigma_max", "sigma_min", "beta_schedule_type"},
	Fixed: map[string][]string{"trained_betas": {"null"}, "thresholding": {"false"}, "rescale_betas_zero_snr": {"false"},
		"algorithm_type": {`"dpmsolver++"`}, "solver_type": {`"midpoint"`}, "euler_at_final": {"false"}}}

// infinity is how Python writes what JSON has no number for.
var infinity = regexp.MustCompile(`:\s*-?Infinity`)

// ParseScheduler reads a published scheduler_config.json. A schedule that can't be computed is an error; a sampler that
// is not implemented is one only when it is asked for, see [SchedulerConfig.Scheduler].
func ParseScheduler(raw []byte) (SchedulerConfig, error) {
	c := SchedulerConfig{ScheduleConfig: ScheduleConfig{BetaSchedule: "linear", BetaStart: 0.0001, BetaEnd: 0.02, Steps: 1000}}
	if err := schedulerConfig.Parse(infinity.ReplaceAll(bytes.TrimSpace(raw), []byte(": null")), &c); err != nil {
		return SchedulerConfig{}, err
	}
	s, err := NewSchedule(c.ScheduleConfig)
	if err != nil {
		return SchedulerConfig{}, err
	}
	_, err = Predicting(nil, c.PredictionType, s)
	return c, err
}

// Scheduler returns the sampler that the configuration describes.
func (c SchedulerConfig) Scheduler() (Scheduler, error) {
	switch c.Class {
	case "DDIMScheduler":
		return DDIM{Spacing: c.spacing(Leading), StepsOffset: c.StepsOffset, SetAlphaToOne: c.SetAlphaToOne == nil || *c.SetAlphaToOne},
			c.unclipped()
	case "DDPMScheduler":
		if c.VarianceType != "" && c.VarianceType != "fixed_small" && c.VarianceType != "fixed_large" {
			return nil, fmt.Errorf("scheduler: unknown variance_type %q; legal are fixed_small and fixed_large", c.VarianceType)
		}
		return DDPM{Spacing: c.spacing(Leading), StepsOffset: c.StepsOffset, LargeVariance: c.VarianceType == "fixed_large"}, c.unclipped()
	case "PNDMScheduler":
		if !c.SkipPRKSteps {
			return nil, fmt.Errorf("scheduler: skip_prk_steps is false; Runge-Kutta steps are not implemented, set it to true")
		}
		return PLMS{Spacing: c.spacing(Leading), StepsOffset: c.StepsOffset, SetAlphaToOne: c.SetAlphaToOne != nil && *c.SetAlphaToOne}, nil
	case "DPMSolverMultistepScheduler":
		if c.FinalSigmas != "" && c.FinalSigmas != "zero" && c.FinalSigmas != "sigma_min" {
			return nil, fmt.Errorf("scheduler: unknown final_sigmas_type %q; legal are zero and sigma_min", c.FinalSigmas)
		}
		return DPMSolver{Spacing: c.spacing(Linspace), StepsOffset: c.StepsOffset, Order: c.SolverOrder, Karras: c.KarrasSigmas,
			EndsAtSigmaMin: c.FinalSigmas == "sigma_min", SecondOrderEnd: c.LowerOrderFinal != nil && !*c.LowerOrderFinal}, nil
	}
	return nil, fmt.Errorf("scheduler %q is not implemented; there are DDIMScheduler, DDPMScheduler, PNDMScheduler and "+
		"DPMSolverMultistepScheduler", c.Class)
}

func (c SchedulerConfig) spacing(fallback Spacing) Spacing {
	if c.TimestepSpacing == "" {
		return fallback
	}
	return c.TimestepSpacing
}

// unclipped refuses clipping of clean samples to [-1, 1], which is for models of pixels and diffusers' default.
func (c SchedulerConfig) unclipped() error {
	if c.ClipSample == nil || *c.ClipSample {
		return fmt.Errorf("scheduler: clip_sample must be false: latents are not clipped")
	}
	return nil
}
