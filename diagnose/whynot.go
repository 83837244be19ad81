package diagnose

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"otherwise/baselines"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/eced"
	"otherwise/ldce"
	"otherwise/nn"
)

// The numbers that decide between causes. They are ours, as are the causes' order: what pulls the wrong way comes before what
// lacks, and what can be read from the trace before what must be sampled.
const (
	leastKept     = 0.02 // share of locations and steps that LDCE steers: one of an 8x8 latent
	leastInside   = 0.25 // share of the squared gradient that lies inside ECED's mask
	leastAccepted = 0.5  // share of class-conditional samples that the classifier gives their class
)

// WhyNotOptions are the settings of [WhyNot].
type WhyNotOptions struct {
	// Samples is how many pictures of the target are drawn to see whether the diffusion model knows it; 8. -1 draws none.
	Samples int
	// Steps are the denoising steps of these; 20.
	Steps int
	// GuidanceScale is that of these, of classifier-free guidance; 2.
	GuidanceScale float64
}

// WhyNot says why a result's counterfactual doesn't reach its target. It reads the trace and, unless that decides, draws samples of the
// target with the diffusion model, which costs Samples x Steps pairs of noise estimates. It is nil for a result that reaches its target.
func WhyNot(ctx context.Context, m counterfactual.Models, r *counterfactual.Result, o WhyNotOptions) (*counterfactual.Failure, error) {
	if r.Flipped() {
		return nil, nil
	}
	w := &whyNot{models: m, result: r, failure: counterfactual.Failure{Measured: map[string]float64{}}}
	w.o = WhyNotOptions{Samples: cmp.Or(o.Samples, 8), Steps: cmp.Or(o.Steps, 20), GuidanceScale: cmp.Or(o.GuidanceScale, 2)}
	w.measure("target_probability", r.After[r.Target])
	w.measure("highest_target_probability", w.highest())
	if w.distance() || w.mask() {
		return &w.failure, nil
	}
	known, err := w.repertoire(ctx)
	if err != nil {
		return nil, fmt.Errorf("why there is no counterfactual: %w", err)
	}
	if known && !w.consensus() {
		w.tooLittle()
	}
	return &w.failure, nil
}

// whyNot is the state of one search for a cause.
type whyNot struct {
	models  counterfactual.Models
	result  *counterfactual.Result
	o       WhyNotOptions
	failure counterfactual.Failure
}

func (w *whyNot) measure(name string, value float64) { w.failure.Measured[name] = value }

// settle decides for a cause.
func (w *whyNot) settle(cause counterfactual.Cause, says, hint string) bool {
	w.failure.Cause, w.failure.Says, w.failure.Hint = cause, says, hint
	return true
}

// highest is the target's largest probability before, after and in the trace.
func (w *whyNot) highest() float64 {
	most := max(w.result.Before[w.result.Target], w.result.After[w.result.Target])
	for _, s := range w.result.Steps {
		most = max(most, s.TargetProbability)
	}
	return most
}

// distance looks whether LDCE's distance to the original pulls harder than its classifier.
func (w *whyNot) distance() bool {
	o, ok := w.result.Options.(ldce.Options)
	if !ok || o.Guidance != ldce.GuidanceConsensus {
		return false
	}
	var classifier, distance float64
	for _, s := range w.result.Steps {
		if s.Pull != nil {
			classifier, distance = classifier+s.Pull.Classifier, distance+s.Pull.Distance
		}
	}
	steps := float64(max(1, len(w.result.Steps)))
	w.measure("classifier_term", classifier/steps)
	w.measure("distance_term", distance/steps)
	if !(distance > classifier) || classifier == 0 { // no classifier's term at all has another cause
		return false
	}
	return w.settle(counterfactual.CauseDistance,
		fmt.Sprintf("the distance's term is on average %.3g long, the classifier's %.3g", distance/steps, classifier/steps),
		fmt.Sprintf("Lower lambda_d (now %g) or raise lambda_c (now %g)", *o.LambdaD, *o.LambdaC))
}

// mask looks whether ECED's mask lets through what the classifier asks for.
func (w *whyNot) mask() bool {
	o, ok := w.result.Options.(eced.Options)
	if !ok {
		return false
	}
	var inside, all float64
	for _, s := range w.result.Steps {
		if s.Pull != nil {
			inside, all = inside+s.Pull.Classifier*s.Pull.Classifier, all+s.Pull.Unmasked*s.Pull.Unmasked
		}
	}
	foreground := 0.0
	for _, v := range w.result.LatentMask.Values {
		foreground += float64(v) / float64(len(w.result.LatentMask.Values))
	}
	w.measure("foreground_share", foreground)
	if all == 0 {
		return false
	}
	w.measure("gradient_inside_mask", inside/all)
	if inside/all >= leastInside {
		return false
	}
	hint := fmt.Sprintf("Lower delta (now %g), set foreground_share, or have auto_delta=true search the threshold", *o.Delta)
	switch {
	case o.Given != nil:
		hint = "Give a larger mask"
	case o.AutoDelta:
		hint = fmt.Sprintf("Lower confidence (now %g), or set foreground_share instead of auto_delta", o.Confidence)
	case o.ForegroundShare > 0:
		hint = fmt.Sprintf("Raise foreground_share (now %g)", o.ForegroundShare)
	}
	return w.settle(counterfactual.CauseMask, fmt.Sprintf("only %.0f %% of what the classifier asks for (its squared gradient) lies inside the mask, which lets %.0f %% of the latent change",
		100*inside/all, 100*foreground), hint)
}

// repertoire draws samples of the target and asks the classifier what they are. Methods without a diffusion model know any class.
func (w *whyNot) repertoire(ctx context.Context) (known bool, err error) {
	without := []string{baselines.NamePGD, baselines.NameSVCE, baselines.NameLatentPGD}
	if w.o.Samples < 1 || slices.Contains(without, w.result.Method) {
		return true, nil
	}
	p := w.result.Original
	classes := slices.Repeat([]int{w.result.Target}, w.o.Samples)
	drawn, err := diffusion.NewSampler(w.models.Backend, w.models.Diffusion).Sample(ctx, classes, diffusion.SampleOptions{
		Height: p.Height, Width: p.Width, Steps: w.o.Steps, GuidanceScale: w.o.GuidanceScale, Seed: w.result.Seed})
	if err != nil {
		return false, err
	}
	defer nn.Free(drawn)
	pictures, err := counterfactual.Unbatch(drawn)
	if err != nil {
		return false, err
	}
	agrees, err := counterfactual.NewPredictor(w.models).Agree(pictures, classes)
	if err != nil {
		return false, err
	}
	accepted := 0
	for _, yes := range agrees {
		if yes {
			accepted++
		}
	}
	share := float64(accepted) / float64(w.o.Samples)
	w.measure("accepted_samples", share)
	if share >= leastAccepted {
		return true, nil
	}
	w.settle(counterfactual.CauseRepertoire, fmt.Sprintf("of %d pictures that the diffusion model drew of %q the classifier gives %d that class",
		w.o.Samples, w.models.Classifier.Classes[w.result.Target], accepted),
		"Choose another target, or a bundle whose diffusion model knows the class (--bundle): \"otherwise samples\" shows what one draws")
	return false, nil
}

// consensus looks whether LDCE's filter leaves anything to steer.
func (w *whyNot) consensus() bool {
	o, ok := w.result.Options.(ldce.Options)
	if !ok || w.result.Consensus == nil || o.Cone { // with the cone, what is filtered is turned rather than lost
		return false
	}
	kept := 0.0
	for _, v := range w.result.Consensus.Values {
		kept += float64(v) / float64(len(w.result.Consensus.Values))
	}
	w.measure("kept_share", kept)
	if kept >= leastKept {
		return false
	}
	return w.settle(counterfactual.CauseConsensus, fmt.Sprintf("at an angle of at most %g degrees only %.1f %% of the locations are steered", *o.Gamma, 100*kept),
		fmt.Sprintf("Raise gamma (now %g), or set no_consensus=true", *o.Gamma))
}

// tooLittle is what remains: nothing stood in the way.
func (w *whyNot) tooLittle() {
	r := w.result
	says := fmt.Sprintf("the target's probability went from %.3f to %.3f, %.3f at its highest", r.Before[r.Target], r.After[r.Target], w.highest())
	hint := "Raise what steers the search, or its steps (see the options in result.json)"
	switch o := r.Options.(type) {
	case ldce.Options:
		hint = fmt.Sprintf("Raise guidance_scale (now %g), strength (now %g) or lambda_c (now %g)", *o.GuidanceScale, *o.Strength, *o.LambdaC)
	case eced.Options:
		hint = fmt.Sprintf("Raise iterations (now %d), rate (now %g) or denoise_steps (now %d)", o.Iterations, *o.Rate, o.DenoiseSteps)
		if c, err := Converge(r); err == nil && c.Rising {
			says += ", and was still rising"
		}
	}
	w.settle(counterfactual.CauseTooLittle, says, hint)
}
