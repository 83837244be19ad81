package baselines

import (
	"cmp"
	"fmt"
	"slices"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/nn"
)

// DiMEOptions are the settings of the DiME-style method, and those that FastDiME's and MaskDiME's share with it. The zero value is the
// public code's; lambda_c wants re-tuning on latents, where a gradient is larger per element than per pixel.
type DiMEOptions struct {
	// Steps is the length of the respaced chain, 200; Tau is how many of its steps, the last, are made; 60.
	Steps int `json:"steps"`
	Tau   int `json:"tau"`
	// LambdaC weighs the classifier: one attempt for each value, the next only where the one before did not flip; 8, 10, 15.
	LambdaC []float64 `json:"lambda_c"`
	// Lambda1 weighs the l1 distance between noisy and clean latent, 0.05; LambdaP the perceptual distance, 30.
	Lambda1 *float64 `json:"lambda_1"`
	LambdaP *float64 `json:"lambda_p"`
	// Loss is "logit", minus the target's logit, or "log_prob".
	Loss string `json:"loss"`
	// Perceptual are the features of the perceptual distance: VGG-19 up to relu3_4 in the original. Nil stands for the classifier's
	// own features at PerceptualLayer, its first layer by default (our choice where a bundle has no VGG-19).
	Perceptual      *Perceptual `json:"-"`
	PerceptualLayer string      `json:"perceptual_layer"`
	// TraceFrames is how many steps, evenly spread, keep latent and picture in the trace; 8. -1 keeps all.
	TraceFrames int `json:"trace_frames"`
}

// Perceptual is a network whose features at one layer are what pictures are compared by.
type Perceptual struct {
	Network classify.Network
	Params  *nn.Params
	Layer   string
}

func (o *DiMEOptions) shared() *DiMEOptions { return o }
func (o *DiMEOptions) fill() error          { return nil }

func (o *DiMEOptions) withDefaults(m counterfactual.Models) error {
	o.Steps = cmp.Or(o.Steps, 200)
	o.Tau = cmp.Or(o.Tau, 60)
	if len(o.LambdaC) == 0 {
		o.LambdaC = []float64{8, 10, 15}
	}
	o.Lambda1 = cmp.Or(o.Lambda1, new(0.05))
	o.LambdaP = cmp.Or(o.LambdaP, new(30.0))
	o.Loss = cmp.Or(o.Loss, "logit")
	o.TraceFrames = cmp.Or(o.TraceFrames, 8)
	if o.Perceptual == nil {
		o.PerceptualLayer = cmp.Or(o.PerceptualLayer, m.Classifier.Network.Layers()[0])
		o.Perceptual = &Perceptual{Network: m.Classifier.Network, Params: m.Classifier.Params, Layer: o.PerceptualLayer}
	}
	o.PerceptualLayer = o.Perceptual.Layer
	layers := o.Perceptual.Network.Layers()
	numbers := map[string]float64{"lambda_1": *o.Lambda1, "lambda_p": *o.LambdaP}
	for _, v := range o.LambdaC {
		numbers["lambda_c"] = max(numbers["lambda_c"], v)
	}
	switch {
	case o.Tau < 1 || o.Tau >= o.Steps:
		return fmt.Errorf("tau is %d; legal is 1 to below steps (%d), as the search begins one level above its first step", o.Tau, o.Steps)
	case o.Loss != "logit" && o.Loss != "log_prob":
		return fmt.Errorf("loss %q is unknown; legal are logit and log_prob", o.Loss)
	case !slices.Contains(layers, o.PerceptualLayer):
		return fmt.Errorf("perceptual_layer %q is unknown; legal are %q", o.PerceptualLayer, layers)
	}
	return finite(numbers)
}
