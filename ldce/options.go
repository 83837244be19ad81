package ldce

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"otherwise/counterfactual"
)

// Options are LDCE's settings. The zero value is the paper's setting for class-conditional ImageNet; a nil pointer
// stands for the default named, so that 0 can be asked for: LambdaD: new(0.0).
type Options struct {
	// DDIMSteps is the number of respaced steps of the whole schedule; 500 (paper, section 4).
	DDIMSteps int `json:"ddim_steps"`
	// Strength is the share of these steps that is made; 0.382, which is the paper's T = 191 of 500.
	Strength *float64 `json:"strength"`
	// Eta is DDIM's: 0 deterministic (paper), 1 as noisy as DDPM.
	Eta float64 `json:"eta"`
	// GuidanceScale multiplies classifier and distance term together (the paper's eta); 2.
	GuidanceScale *float64 `json:"guidance_scale"`
	// GuidanceScales, where given, are tried in turn instead of GuidanceScale, from the same noisy latent, until the classifier gives
	// the target Certainty; if none does, the attempt with the highest probability is the result, and its scale stands in the result's
	// options. Ours, after DiME's list of classifier scales: most pictures need little guidance, and little guidance changes little.
	GuidanceScales []float64 `json:"guidance_scales,omitempty"`
	// Certainty is the target's probability at which no further scale is tried; 0.5.
	Certainty float64 `json:"certainty"`
	// LambdaC weighs the classifier term; 2.3.
	LambdaC *float64 `json:"lambda_c"`
	// LambdaD weighs the distance term; 0.3.
	LambdaD *float64 `json:"lambda_d"`
	// Gamma is the largest angle in degrees between the two directions at which a location is steered; 45.
	Gamma *float64 `json:"gamma"`
	// Guidance is "consensus" (paper), or "free": classifier-free guidance alone, eps_u + guidance_scale (eps_c - eps_u), which
	// asks neither classifier nor distance (the public code's configuration for CelebA-HQ).
	Guidance string `json:"guidance"`
	// Recurrence is how often each step is made, noised back to its level in between (self-recurrence; in the public code,
	// unused in the paper); 1.
	Recurrence int `json:"recurrence"`
	// Distance is "l1" (paper), "l2" (sum of squares), or, between features of the network Features, "feature-cosine" (one minus
	// the cosine), "feature-l1" or "feature-l2" (in the public code with DINO, unused in the paper).
	Distance string `json:"distance"`
	// Features is the network of the feature distances.
	Features *Features `json:"-"`
	// Patch is the side of the latent patches that are kept or filtered together; 1 (paper).
	Patch int `json:"patch"`
	// OverwriteBy is what filtered locations become: "constant" (paper), the value Overwrite; "noise" or "unconditional", the
	// direction of standard normal noise or of the unconditional estimate, as long as the score that was there (our choice: the
	// paper names both and gives no length).
	OverwriteBy string `json:"overwrite_by"`
	// Overwrite is the constant that filtered entries become; 0 (paper).
	Overwrite float64 `json:"overwrite"`
	// Cone turns filtered locations towards the class direction by the angle Gamma, instead of overwriting them (in the
	// public code, unused in the paper). Gamma must be below 90 then.
	Cone bool `json:"cone"`
	// NoConsensus steers everywhere (the paper's ablation "w/o consensus").
	NoConsensus bool `json:"no_consensus"`
	// NoNormMatching leaves both terms as long as their gradients are, instead of as long as the class direction
	// (which the paper's code does and its text leaves out).
	NoNormMatching bool `json:"no_norm_matching"`
	// DetachDenoiser takes the gradients through the decoder only, not through the denoiser.
	DetachDenoiser bool `json:"detach_denoiser"`
	// Abduction is how the picture's latent becomes the noisy one that denoising starts from: "noise" (paper) adds noise of the
	// problem's seed; "inversion" (ours) runs DDIM backwards (Song et al., 2021, Eq. 14), so that denoising without guidance ends
	// where it began: what isn't steered stays as it was, and no seed decides. It needs Eta 0.
	Abduction string `json:"abduction"`
	// EncodeMean starts from the mean of the encoder's posterior instead of a sample (public code: a sample).
	EncodeMean bool `json:"encode_mean"`
	// KeepUnchanged puts the original's own pixels back where little changed: all where nothing did, none where the blurred change
	// from the reconstruction is this much of the range of values or more. 0 (paper) shows what the decoder gives, with the
	// autoencoder's error everywhere. Where that would undo a flip the share is halved, see [counterfactual.Predictor.Restored].
	KeepUnchanged float64 `json:"keep_unchanged"`
	// KeepBlur is the standard deviation of that blur, as a share of the picture's longer side; 0.02. See [counterfactual.Restoring].
	KeepBlur float64 `json:"keep_blur"`
	// TraceFrames is how many steps, evenly spread, keep their latent and picture in the trace; 8. -1 keeps all.
	TraceFrames int `json:"trace_frames"`
	// TraceFields keeps, for these steps, both classifiers' gradients, given and implicit, and the clean latent too.
	TraceFields bool `json:"trace_fields"`
}

// WithDefaults returns the options with every default filled in, or what is wrong with them.
func (o Options) WithDefaults() (Options, error) {
	o.DDIMSteps = cmp.Or(o.DDIMSteps, 500)
	o.Strength = cmp.Or(o.Strength, new(0.382))
	o.GuidanceScale = cmp.Or(o.GuidanceScale, new(2.0))
	o.LambdaC = cmp.Or(o.LambdaC, new(2.3))
	o.LambdaD = cmp.Or(o.LambdaD, new(0.3))
	o.Gamma = cmp.Or(o.Gamma, new(45.0))
	o.Guidance = cmp.Or(o.Guidance, GuidanceConsensus)
	o.Recurrence = cmp.Or(o.Recurrence, 1)
	o.Certainty = cmp.Or(o.Certainty, 0.5)
	o.Abduction = cmp.Or(o.Abduction, counterfactual.AbductionNoise)
	o.Distance = cmp.Or(o.Distance, DistanceL1)
	o.OverwriteBy = cmp.Or(o.OverwriteBy, OverwriteConstant)
	o.Patch = cmp.Or(o.Patch, 1)
	o.KeepBlur = cmp.Or(o.KeepBlur, counterfactual.RestoreBlur)
	o.TraceFrames = cmp.Or(o.TraceFrames, 8)
	for _, scale := range o.GuidanceScales {
		if math.IsNaN(scale) || math.IsInf(scale, 0) {
			return o, fmt.Errorf("ldce: guidance_scales has %g; they must be finite numbers", scale)
		}
	}
	for name, v := range map[string]float64{"guidance_scale": *o.GuidanceScale, "lambda_c": *o.LambdaC,
		"lambda_d": *o.LambdaD, "overwrite": o.Overwrite} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return o, fmt.Errorf("ldce: %s is %g; it must be a finite number", name, v)
		}
	}
	switch {
	case !(*o.Strength > 0 && *o.Strength < 1):
		return o, fmt.Errorf("ldce: strength is %g; legal is above 0 and below 1", *o.Strength)
	case !(*o.Gamma >= 0 && *o.Gamma <= 180):
		return o, fmt.Errorf("ldce: gamma is %g degrees; legal is 0 to 180", *o.Gamma)
	case !(o.Certainty > 0 && o.Certainty < 1):
		return o, fmt.Errorf("ldce: certainty is %g; legal is above 0 and below 1", o.Certainty)
	case !(o.KeepUnchanged >= 0 && o.KeepUnchanged <= 1):
		return o, fmt.Errorf("ldce: keep_unchanged is %g; legal is 0 to 1", o.KeepUnchanged)
	case !(o.KeepBlur > 0 && o.KeepBlur <= 0.2):
		return o, fmt.Errorf("ldce: keep_blur is %g; legal is above 0 to 0.2", o.KeepBlur)
	case o.Cone && *o.Gamma >= 90:
		return o, fmt.Errorf("ldce: gamma is %g degrees; with cone it must be below 90", *o.Gamma)
	case !slices.Contains(distances, o.Distance):
		return o, fmt.Errorf("ldce: unknown distance %q; legal are %q", o.Distance, distances)
	case strings.HasPrefix(o.Distance, featurePrefix) && o.Features == nil:
		return o, fmt.Errorf("ldce: distance %q needs a network of features", o.Distance)
	case o.Guidance != GuidanceConsensus && o.Guidance != GuidanceFree:
		return o, fmt.Errorf("ldce: unknown guidance %q; legal are %s and %s", o.Guidance, GuidanceConsensus, GuidanceFree)
	case o.Abduction != counterfactual.AbductionNoise && o.Abduction != counterfactual.AbductionInversion:
		return o, fmt.Errorf("ldce: unknown abduction %q; legal are %s and %s", o.Abduction, counterfactual.AbductionNoise, counterfactual.AbductionInversion)
	case o.Abduction == counterfactual.AbductionInversion && o.Eta != 0:
		return o, fmt.Errorf("ldce: eta is %g; inversion needs 0, the sampler that can be run backwards", o.Eta)
	case !slices.Contains(overwrites, o.OverwriteBy):
		return o, fmt.Errorf("ldce: unknown overwrite_by %q; legal are %q", o.OverwriteBy, overwrites)
	case o.OverwriteBy != OverwriteConstant && (o.Overwrite != 0 || o.Cone):
		return o, fmt.Errorf("ldce: overwrite_by %q excludes overwrite and cone", o.OverwriteBy)
	case o.Recurrence < 1:
		return o, fmt.Errorf("ldce: recurrence is %d; it must be positive", o.Recurrence)
	case o.Patch < 1:
		return o, fmt.Errorf("ldce: patch is %d; it must be positive", o.Patch)
	case o.start() < 1:
		return o, fmt.Errorf("ldce: strength %g of %d steps is less than one step", *o.Strength, o.DDIMSteps)
	}
	return o, nil
}

// scales are the guidance scales to try, in turn.
func (o Options) scales() []float64 {
	if len(o.GuidanceScales) > 0 {
		return o.GuidanceScales
	}
	return []float64{*o.GuidanceScale}
}

// filters reports whether locations are filtered; if not, all are steered in every step.
func (o Options) filters() bool { return o.Guidance == GuidanceConsensus && !o.NoConsensus }

// note is what must be known of these options before a result is read.
func (o Options) note() string {
	if o.filters() {
		return ""
	}
	return "There is no consensus map: with these options nothing is filtered, every location is steered in every step."
}

// start is the number of denoising steps: the share of the schedule, truncated (public code).
func (o Options) start() int { return int(*o.Strength * float64(o.DDIMSteps)) }
