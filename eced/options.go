package eced

import (
	"cmp"
	"fmt"
	"math"

	"otherwise/cam"
)

// Options are ECED's settings. The zero value is the paper's setting, and where the paper's number is lost, the choice
// of SPEC-ECED. A nil pointer stands for the default named, so that 0 can be asked for: Delta: new(0.0).
type Options struct {
	// CAM says how the activation map is made; ScoreCAM, authors' convention (paper).
	CAM cam.Options `json:"cam"`
	// Delta is the activation from which on a pixel is foreground; 0.3 (choice; the ablation's other value is 0.5).
	Delta *float64 `json:"delta"`
	// ForegroundShare, if above 0, takes the place of Delta: the share of pixels that become foreground.
	ForegroundShare float64 `json:"foreground_share"`
	// Strict makes a pixel foreground only above Delta, not at it.
	Strict bool `json:"strict"`
	// MaskMode is how the mask is taken to the latent's grid: nearest_center (choice), nearest, area, any or all.
	MaskMode cam.Mode `json:"mask_mode"`

	// BackgroundSteps is the length of stage B; 500 (paper). -1 leaves the stage out.
	BackgroundSteps int `json:"background_steps"`
	// BackgroundLoss is mse (paper, Eq. 12) or l1.
	BackgroundLoss string `json:"background_loss"`
	// LatentRate and DecoderRate are stage B's learning rates; 0.01 and 0.0001 (choice).
	LatentRate  *float64 `json:"latent_rate"`
	DecoderRate *float64 `json:"decoder_rate"`

	// DDIMSteps is the number of respaced steps of the whole schedule, 50 (paper); DenoiseSteps is how many of them,
	// the last, are made; 5 (choice; the paper's number is lost).
	DDIMSteps    int `json:"ddim_steps"`
	DenoiseSteps int `json:"denoise_steps"`
	// Eta is DDIM's; 0 (choice).
	Eta float64 `json:"eta"`
	// GuidanceScale is that of classifier-free guidance towards the target; 1, the conditional estimate alone (choice).
	GuidanceScale *float64 `json:"guidance_scale"`
	// Iterations is the length of stage C; 100 (choice).
	Iterations int `json:"iterations"`
	// Rate is stage C's learning rate; 0.01 (choice).
	Rate *float64 `json:"rate"`
	// StopAt ends stage C once the target's probability is above it; 0 never does (paper).
	StopAt float64 `json:"stop_at"`
	// FreshNoise draws new noise in every iteration instead of once per picture (choice: once).
	FreshNoise bool `json:"fresh_noise"`

	// TraceFrames is how many iterations, evenly spread, keep their latent and picture in the trace; 8. -1 keeps all.
	TraceFrames int `json:"trace_frames"`
}

// withDefaults returns the options with every default filled in, or what is wrong with them.
func (o Options) withDefaults() (Options, error) {
	o.Delta = cmp.Or(o.Delta, new(0.3))
	o.MaskMode = cmp.Or(o.MaskMode, cam.NearestCenter)
	o.BackgroundSteps = cmp.Or(o.BackgroundSteps, 500)
	o.BackgroundLoss = cmp.Or(o.BackgroundLoss, "mse")
	o.LatentRate = cmp.Or(o.LatentRate, new(0.01))
	o.DecoderRate = cmp.Or(o.DecoderRate, new(0.0001))
	o.DDIMSteps = cmp.Or(o.DDIMSteps, 50)
	o.DenoiseSteps = cmp.Or(o.DenoiseSteps, 5)
	o.GuidanceScale = cmp.Or(o.GuidanceScale, new(1.0))
	o.Iterations = cmp.Or(o.Iterations, 100)
	o.Rate = cmp.Or(o.Rate, new(0.01))
	o.TraceFrames = cmp.Or(o.TraceFrames, 8)
	for name, v := range map[string]float64{"latent_rate": *o.LatentRate, "decoder_rate": *o.DecoderRate, "rate": *o.Rate} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return o, fmt.Errorf("eced: %s is %g; it must be a finite number, 0 or more", name, v)
		}
	}
	switch {
	case math.IsNaN(*o.Delta):
		return o, fmt.Errorf("eced: delta is NaN; legal is a number from 0 to 1")
	case !(o.ForegroundShare >= 0 && o.ForegroundShare < 1):
		return o, fmt.Errorf("eced: foreground_share is %g; legal is 0 (off) to below 1", o.ForegroundShare)
	case o.BackgroundLoss != "mse" && o.BackgroundLoss != "l1":
		return o, fmt.Errorf("eced: unknown background_loss %q; legal are mse and l1", o.BackgroundLoss)
	case o.BackgroundSteps < -1 || o.Iterations < 1:
		return o, fmt.Errorf("eced: background_steps %d must be -1 (none) or more, iterations %d positive", o.BackgroundSteps, o.Iterations)
	case o.DenoiseSteps < 1 || o.DenoiseSteps > o.DDIMSteps:
		return o, fmt.Errorf("eced: denoise_steps is %d; legal is 1 to ddim_steps (%d)", o.DenoiseSteps, o.DDIMSteps)
	case math.IsNaN(*o.GuidanceScale) || math.IsInf(*o.GuidanceScale, 0):
		return o, fmt.Errorf("eced: guidance_scale is %g; it must be a finite number", *o.GuidanceScale)
	case !(o.StopAt >= 0 && o.StopAt < 1):
		return o, fmt.Errorf("eced: stop_at is %g; legal is 0 (never) to below 1", o.StopAt)
	}
	return o, nil
}
