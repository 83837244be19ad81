package eced

import (
	"cmp"
	"fmt"
	"math"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// The samplers.
const (
	samplerDDIM = "ddim"
	samplerDDPM = "ddpm"
)

// Options are ECED's settings. The zero value is the paper's setting, and where the paper's number is lost, the choice
// of SPEC-ECED. A nil pointer stands for the default named, so that 0 can be asked for: Delta: new(0.0).
type Options struct {
	// Region is the map that stage A cuts the foreground from: "activation" (paper), what speaks for the class that the classifier gives
	// the picture; or "diffedit" (ours, from Couairon et al., 2022), where the diffusion model would draw the target otherwise. What a class
	// lacks, such as a smile, no activation can show.
	Region string `json:"region"`
	// DiffEdit says how the map "diffedit" is made.
	DiffEdit diffusion.DiffEditOptions `json:"diffedit"`
	// CAM says how the activation map is made; ScoreCAM, authors' convention (paper).
	CAM cam.Options `json:"cam"`
	// Delta is the activation from which on a pixel is foreground; 0.3 (choice; the ablation's other value is 0.5).
	Delta *float64 `json:"delta"`
	// ForegroundShare, if above 0, takes the place of Delta: the share of pixels that become foreground.
	ForegroundShare float64 `json:"foreground_share"`
	// Strict makes a pixel foreground only above Delta, not at it.
	Strict bool `json:"strict"`
	// AutoDelta takes the place of Delta: the largest of [Thresholds] whose counterfactual reaches the probability Confidence is searched
	// (ours: the paper sets it by hand, which it calls a limitation). See [Method.SearchThreshold].
	AutoDelta bool `json:"auto_delta"`
	// ColdTrials begins every trial of AutoDelta anew, instead of where the one before came to.
	ColdTrials bool `json:"cold_trials"`
	// Confidence is the target's probability that AutoDelta asks for; 0.9.
	Confidence float64 `json:"confidence"`
	// Given, unless nil, takes the place of stage A: a mask of the picture's size, 1 where it may change, 0 where not.
	Given *counterfactual.Grid `json:"given,omitempty"`
	// SoftBorder, above 0, blurs the border of the latent's mask: a Gaussian's standard deviation in latent positions. Foreground and
	// background are mixed there.
	SoftBorder float64 `json:"soft_border"`
	// MaskMode is how the mask is taken to the latent's grid: nearest_center (choice), nearest, area, any or all.
	MaskMode cam.Mode `json:"mask_mode"`

	// BackgroundSteps is the length of stage B; 500 (paper). -1 leaves the stage out.
	BackgroundSteps int `json:"background_steps"`
	// BackgroundTolerance, above 0, ends stage B once the loss, averaged over 20 steps, is lower by less than this share of the
	// average over the 20 before; 0 never does (paper).
	BackgroundTolerance float64 `json:"background_tolerance"`
	// BackgroundLoss is mse (paper, Eq. 12) or l1.
	BackgroundLoss string `json:"background_loss"`
	// LatentRate and DecoderRate are stage B's learning rates; 0.01 and 0.0001 (choice).
	LatentRate  *float64 `json:"latent_rate"`
	DecoderRate *float64 `json:"decoder_rate"`

	// DDIMSteps is the number of respaced steps of the whole schedule, 50 (paper); DenoiseSteps is how many of them,
	// the last, are made; 5 (choice; the paper's number is lost).
	DDIMSteps    int `json:"ddim_steps"`
	DenoiseSteps int `json:"denoise_steps"`
	// Sampler is ddim (choice) or ddpm, the ancestral step without noise at the end: the paper cites both.
	Sampler string `json:"sampler"`
	// Eta is DDIM's; 0 (choice).
	Eta float64 `json:"eta"`
	// Abduction is where stage C's noise comes from: "noise" (paper) draws it from the problem's seed; "inversion" (ours) takes it from
	// DDIM's steps made backwards (Song et al., 2021, section 4.3), so that denoising without guidance ends where it began: a
	// foreground changes only as far as class and gradients move it, and no seed decides. It needs the sampler ddim with Eta 0.
	Abduction string `json:"abduction"`
	// GuidanceScale is that of classifier-free guidance towards the target; 1, the conditional estimate alone (choice).
	GuidanceScale *float64 `json:"guidance_scale"`
	// Iterations is the length of stage C; 100 (choice).
	Iterations int `json:"iterations"`
	// Rate is stage C's learning rate; 0.01 (choice).
	Rate *float64 `json:"rate"`
	// Adam are the optimiser's settings in stages B and C; 0.9, 0.999 (choice; the paper's betas are lost). Its weight decay acts on
	// stage B's decoder only: on a latent it would move what lies behind the mask.
	Adam nn.AdamOptions `json:"adam"`
	// StopAt ends stage C once the target's probability is above it; 0 never does (paper).
	StopAt float64 `json:"stop_at"`
	// FreshNoise draws new noise in every iteration instead of once per picture (choice: once).
	FreshNoise bool `json:"fresh_noise"`

	// KeepUnchanged puts the original's own pixels back where little changed: all where nothing did, none where the blurred change
	// from the reconstruction is this much of the range of values or more. 0 (paper) shows what the decoder gives. Where that
	// would undo a flip the share is halved, see [counterfactual.Predictor.Restored].
	KeepUnchanged float64 `json:"keep_unchanged"`
	// KeepBlur is the standard deviation of that blur, as a share of the picture's longer side; 0.02. See [counterfactual.Restoring].
	KeepBlur float64 `json:"keep_blur"`

	// TraceFrames is how many iterations, evenly spread, keep their latent and picture in the trace; 8. -1 keeps all.
	TraceFrames int `json:"trace_frames"`
	// TraceFields keeps, for these iterations of stage C, the gradient by the foreground's latent too.
	TraceFields bool `json:"trace_fields"`
}

// withDefaults returns the options with every default filled in, or what is wrong with them.
func (o Options) withDefaults() (Options, error) {
	o.Region = cmp.Or(o.Region, counterfactual.RegionActivation)
	o.Delta = cmp.Or(o.Delta, new(0.3))
	o.MaskMode = cmp.Or(o.MaskMode, cam.NearestCenter)
	o.BackgroundSteps = cmp.Or(o.BackgroundSteps, 500)
	o.BackgroundLoss = cmp.Or(o.BackgroundLoss, "mse")
	o.Sampler = cmp.Or(o.Sampler, samplerDDIM)
	o.Abduction = cmp.Or(o.Abduction, counterfactual.AbductionNoise)
	o.Confidence = cmp.Or(o.Confidence, 0.9)
	o.LatentRate = cmp.Or(o.LatentRate, new(0.01))
	o.DecoderRate = cmp.Or(o.DecoderRate, new(0.0001))
	o.DDIMSteps = cmp.Or(o.DDIMSteps, 50)
	o.DenoiseSteps = cmp.Or(o.DenoiseSteps, 5)
	o.GuidanceScale = cmp.Or(o.GuidanceScale, new(1.0))
	o.Iterations = cmp.Or(o.Iterations, 100)
	o.Rate = cmp.Or(o.Rate, new(0.01))
	o.KeepBlur = cmp.Or(o.KeepBlur, counterfactual.RestoreBlur)
	o.TraceFrames = cmp.Or(o.TraceFrames, 8)
	for name, v := range map[string]float64{"latent_rate": *o.LatentRate, "decoder_rate": *o.DecoderRate, "rate": *o.Rate} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return o, fmt.Errorf("eced: %s is %g; it must be a finite number, 0 or more", name, v)
		}
	}
	if err := o.Adam.Validate(); err != nil {
		return o, fmt.Errorf("eced: %w", err)
	}
	switch {
	case o.Region != counterfactual.RegionActivation && o.Region != counterfactual.RegionDiffEdit:
		return o, fmt.Errorf("eced: unknown region %q; legal are %s and %s", o.Region, counterfactual.RegionActivation, counterfactual.RegionDiffEdit)
	case o.Sampler != samplerDDIM && o.Sampler != samplerDDPM:
		return o, fmt.Errorf("eced: unknown sampler %q; legal are %s and %s", o.Sampler, samplerDDIM, samplerDDPM)
	case o.Sampler == samplerDDPM && o.Eta != 0:
		return o, fmt.Errorf("eced: eta is %g; it is %s's, and sampler is %s", o.Eta, samplerDDIM, samplerDDPM)
	case o.Abduction != counterfactual.AbductionNoise && o.Abduction != counterfactual.AbductionInversion:
		return o, fmt.Errorf("eced: unknown abduction %q; legal are %s and %s", o.Abduction, counterfactual.AbductionNoise, counterfactual.AbductionInversion)
	case o.inverts() && (o.Sampler != samplerDDIM || o.Eta != 0):
		return o, fmt.Errorf("eced: sampler %s with eta %g; inversion needs ddim with 0, which can be made backwards", o.Sampler, o.Eta)
	case o.inverts() && o.FreshNoise:
		return o, fmt.Errorf("eced: fresh_noise draws noise, and inversion finds it: choose one")
	case !(o.Confidence > 0 && o.Confidence < 1):
		return o, fmt.Errorf("eced: confidence is %g; legal is above 0 and below 1", o.Confidence)
	case !(o.SoftBorder >= 0) || math.IsInf(o.SoftBorder, 1) || !(o.BackgroundTolerance >= 0 && o.BackgroundTolerance < 1):
		return o, fmt.Errorf("eced: soft_border %g must not be negative, background_tolerance %g from 0 to below 1", o.SoftBorder, o.BackgroundTolerance)
	case o.AutoDelta && (o.Given != nil || o.ForegroundShare > 0):
		return o, fmt.Errorf("eced: auto_delta excludes given and foreground_share")
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
	case !(o.KeepUnchanged >= 0 && o.KeepUnchanged <= 1):
		return o, fmt.Errorf("eced: keep_unchanged is %g; legal is 0 to 1", o.KeepUnchanged)
	case !(o.KeepBlur > 0 && o.KeepBlur <= 0.2):
		return o, fmt.Errorf("eced: keep_blur is %g; legal is above 0 to 0.2", o.KeepBlur)
	case !(o.StopAt >= 0 && o.StopAt < 1):
		return o, fmt.Errorf("eced: stop_at is %g; legal is 0 (never) to below 1", o.StopAt)
	}
	return o, nil
}

func (o Options) inverts() bool { return o.Abduction == counterfactual.AbductionInversion }
