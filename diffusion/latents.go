package diffusion

import (
	"encoding/json"
	"fmt"
	"slices"
)

// ParseLatents reads from the config.json of a published autoencoder how its latents become the denoiser's: scaling_factor (that
// of Stable Diffusion, 0.18215, where there is none), and latents_mean and latents_std by channel, where they are given.
func ParseLatents(raw []byte, channels int) (Normalisation, error) {
	config := struct {
		ScalingFactor *float64  `json:"scaling_factor"`
		Mean          []float64 `json:"latents_mean"`
		Std           []float64 `json:"latents_std"`
	}{}
	if err := json.Unmarshal(raw, &config); err != nil {
		return Normalisation{}, fmt.Errorf("latents of the autoencoder's configuration: %w", err)
	}
	factor := 0.18215
	if config.ScalingFactor != nil {
		factor = *config.ScalingFactor
	}
	n := ScaledLatents(channels, factor)
	if config.Mean != nil {
		n.Mean = config.Mean
	}
	if config.Std != nil {
		n.Scale = make([]float64, len(config.Std))
		for i, std := range config.Std {
			n.Scale[i] = factor / std
		}
	}
	return n, n.Validate(channels)
}

// ScaledLatents is the normalisation that multiplies all channels with one factor.
func ScaledLatents(channels int, factor float64) Normalisation {
	return Normalisation{Mean: make([]float64, channels), Scale: slices.Repeat([]float64{factor}, channels)}
}
