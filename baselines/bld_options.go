package baselines

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/diffusion"
)

// BLDOptions are the settings of blended latent diffusion editing. The zero value is the public script's, with the background at the
// level that each step reaches (our choice).
type BLDOptions struct {
	// Mask is where the prompt acts: "score-cam", ECED's region; "whole", the whole picture; or "given", Given.
	Mask  string               `json:"mask"`
	Given *counterfactual.Grid `json:"-"` // [height, width] of 0 and 1
	// CAM, Delta, ForegroundShare and MaskMode make the region, as ECED's options do; Delta is 0.3.
	CAM             cam.Options `json:"cam"`
	Delta           *float64    `json:"delta"`
	ForegroundShare float64     `json:"foreground_share"`
	MaskMode        cam.Mode    `json:"mask_mode"`

	// Blend is the rule of the background: "matched", after each step at the level reached, from the noised source (our choice);
	// "script", after each step at the level before it, one too noisy, from pure noise (the Stable Diffusion script); or "before",
	// before each step at its level, none after the last (the latent-diffusion code).
	Blend string `json:"blend"`
	// Steps of DDIM in the whole schedule, 50; Skip is the share of them, the noisiest, that is left out; 0.25.
	Steps int      `json:"steps"`
	Skip  *float64 `json:"skip"`
	// GuidanceScale of classifier-free guidance towards the target; 7.5.
	GuidanceScale *float64 `json:"guidance_scale"`

	// Reconstruct fits the background afterwards: "none", "weights" (the decoder, restored afterwards) or "latents".
	Reconstruct string `json:"reconstruct"`
	// ReconstructSteps is 75; ReconstructRate 0.0001 for weights, 0.1 for latents.
	ReconstructSteps int     `json:"reconstruct_steps"`
	ReconstructRate  float64 `json:"reconstruct_rate"`
	// TraceFrames is how many steps, evenly spread, keep latent and picture in the trace; 8. -1 keeps all.
	TraceFrames int `json:"trace_frames"`
}

const (
	blendMatched = "matched"
	blendScript  = "script"
	blendBefore  = "before"

	reconstructWeights = "weights"
	reconstructLatents = "latents"
)

func (o BLDOptions) withDefaults() (BLDOptions, error) {
	o.Mask = cmp.Or(o.Mask, "score-cam")
	o.Delta = cmp.Or(o.Delta, new(0.3))
	o.MaskMode = cmp.Or(o.MaskMode, cam.NearestCenter)
	o.Blend = cmp.Or(o.Blend, blendMatched)
	o.Steps = cmp.Or(o.Steps, 50)
	o.Skip = cmp.Or(o.Skip, new(0.25))
	o.GuidanceScale = cmp.Or(o.GuidanceScale, new(7.5))
	o.Reconstruct = cmp.Or(o.Reconstruct, "none")
	o.ReconstructSteps = cmp.Or(o.ReconstructSteps, 75)
	o.ReconstructRate = cmp.Or(o.ReconstructRate, map[string]float64{reconstructWeights: 0.0001, reconstructLatents: 0.1}[o.Reconstruct])
	o.TraceFrames = cmp.Or(o.TraceFrames, 8)
	choices := []struct {
		name, value string
		legal       []string
	}{
		{"mask", o.Mask, []string{"score-cam", "whole", "given"}},
		{"blend", o.Blend, []string{blendMatched, blendScript, blendBefore}},
		{"reconstruct", o.Reconstruct, []string{"none", reconstructWeights, reconstructLatents}},
	}
	for _, c := range choices {
		if !slices.Contains(c.legal, c.value) {
			return o, fmt.Errorf("%s %q is unknown; legal are %q", c.name, c.value, c.legal)
		}
	}
	switch {
	case o.Mask == "given" && o.Given == nil:
		return o, fmt.Errorf("mask is given, but there is none")
	case !(*o.Skip >= 0 && *o.Skip < 1):
		return o, fmt.Errorf("skip is %g; legal is 0 to below 1", *o.Skip)
	case o.Steps < 1 || o.ReconstructSteps < 1:
		return o, fmt.Errorf("steps %d and reconstruct_steps %d must be positive", o.Steps, o.ReconstructSteps)
	case math.IsNaN(*o.Delta) || !(o.ForegroundShare >= 0 && o.ForegroundShare < 1):
		return o, fmt.Errorf("delta %g and foreground_share %g: legal is a number, and 0 (off) to below 1", *o.Delta, o.ForegroundShare)
	}
	return o, finite(map[string]float64{"guidance_scale": *o.GuidanceScale, "reconstruct_rate": o.ReconstructRate})
}

// EditSteps respaces a schedule to DDIM steps at the timesteps offset, offset + T/steps, ..., without the noisiest skip of them,
// ascending. The last step made ends on alphas_cumprod[0]. Offset 0 is the Stable Diffusion script's, 1 latent diffusion's.
// Source: SPEC-BASELINES section 6.
func EditSteps(s diffusion.Schedule, steps, offset, skip int) ([]diffusion.Step, error) {
	total := len(s.AlphasCumprod)
	if steps < 1 || skip < 0 || skip >= steps || offset < 0 || offset+(steps-1)*(total/steps) >= total {
		return nil, fmt.Errorf("%d steps of %d timesteps from %d on, without %d: legal are timesteps below %d and at least one step left",
			steps, total, offset, skip, total)
	}
	out := make([]diffusion.Step, steps-skip)
	for i := range out {
		st := diffusion.Step{Index: i, T: offset + i*(total/steps), AlphaPrev: s.AlphasCumprod[0]}
		st.Alpha = s.AlphasCumprod[st.T]
		if i > 0 {
			st.AlphaPrev = out[i-1].Alpha
		}
		out[i] = st
	}
	return out, nil
}
