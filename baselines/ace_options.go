package baselines

import (
	"cmp"
	"fmt"
)

// ACEOptions are the settings of the ACE-style method. The zero value is the latent transfer of ACE's ImageNet settings; a nil
// pointer stands for the default named, so that 0 can be asked for.
type ACEOptions struct {
	// Variable is what the attack changes: "latent", or "picture" through the encoder (closer to ACE).
	Variable string `json:"variable"`
	// Steps is the length of the respaced chain, 25; Tau is how many of its steps, the last, the filter makes; 5. Tau 0 leaves the
	// diffusion out: "latent PGD", a control without mask and refinement.
	Steps int  `json:"steps"`
	Tau   *int `json:"tau"`
	// Iterations of the attack; 50 (public code: 50; ImageNet 100).
	Iterations int `json:"iterations"`
	// Rule is "sign" (PGD, public code) or "gradient" (GD).
	Rule string `json:"rule"`
	// Step is the attack's step; 0.016 for latents (our choice: what 50 steps of 1/255 walk, in latents), 1/255 for pictures.
	Step float64 `json:"step"`
	// Bound, if above 0, is the largest change of a value; off (public code: 255/255).
	Bound float64 `json:"bound"`
	// Distance is l1 or l2 (not squared); LambdaD weighs it: for latents 0.01 with l1 and 0.1 with l2 (our choice), for pictures
	// 0.001 and 0.1 (public code).
	Distance string   `json:"distance"`
	LambdaD  *float64 `json:"lambda_d"`
	// Threshold is the change, relative to the largest, below which a pixel stays as it was; 0.15. 0 lets all change.
	Threshold *float64 `json:"threshold"`
	// Dilation is the odd size of the mask's maximum filter in pixels; 15 at a height of 256, scaled to the picture's (our choice).
	Dilation int `json:"dilation"`
	// TraceFrames is how many steps of each stage, evenly spread, keep latent and picture in the trace; 8. -1 keeps all.
	TraceFrames int `json:"trace_frames"`
}

const variablePicture = "picture"

// withDefaults returns the options with every default filled in but Dilation, which depends on the picture.
func (o ACEOptions) withDefaults() (ACEOptions, error) {
	o.Variable = cmp.Or(o.Variable, "latent")
	o.Steps = cmp.Or(o.Steps, 25)
	o.Tau = cmp.Or(o.Tau, new(5))
	o.Iterations = cmp.Or(o.Iterations, 50)
	o.Rule = cmp.Or(o.Rule, "sign")
	o.Distance = cmp.Or(o.Distance, "l1")
	o.Threshold = cmp.Or(o.Threshold, new(0.15))
	o.TraceFrames = cmp.Or(o.TraceFrames, 8)
	switch {
	case o.Variable == variablePicture:
		o.Step, o.LambdaD = cmp.Or(o.Step, 1.0/255), cmp.Or(o.LambdaD, new(map[string]float64{"l1": 0.001, "l2": 0.1}[o.Distance]))
	case o.Variable == "latent":
		o.Step, o.LambdaD = cmp.Or(o.Step, 0.016), cmp.Or(o.LambdaD, new(map[string]float64{"l1": 0.01, "l2": 0.1}[o.Distance]))
	default:
		return o, fmt.Errorf("variable %q is unknown; legal are latent and picture", o.Variable)
	}
	switch {
	case *o.Tau < 0 || *o.Tau > o.Steps:
		return o, fmt.Errorf("tau is %d; legal is 0 (no diffusion) to steps (%d)", *o.Tau, o.Steps)
	case o.Iterations < 1:
		return o, fmt.Errorf("iterations is %d; it must be positive", o.Iterations)
	case o.Rule != "sign" && o.Rule != "gradient":
		return o, fmt.Errorf("rule %q is unknown; legal are sign and gradient", o.Rule)
	case o.Distance != "l1" && o.Distance != "l2":
		return o, fmt.Errorf("distance %q is unknown; legal are l1 and l2", o.Distance)
	case o.Dilation < 0 || o.Dilation > 0 && o.Dilation%2 == 0:
		return o, fmt.Errorf("dilation is %d; it must be an odd number", o.Dilation)
	}
	return o, finite(map[string]float64{"step": o.Step, "bound": o.Bound, "lambda_d": *o.LambdaD, "threshold": *o.Threshold})
}
