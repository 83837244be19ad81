package ldce

import (
	"context"
	"errors"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
)

// Start is where guided denoising begins, for who brings a latent and noise of their own: to invert a picture in another
// way, to repeat a run exactly, or to compare with another implementation.
type Start struct {
	// Pictures [batch, height, width, channels] in [0, 1] are those that the distance is measured to.
	Pictures *tensors.Tensor
	// Latent [batch, latent height, latent width, channels] is noised to the level of index start (see [Method.Levels]).
	Latent *tensors.Tensor
	// Targets are the classifier's classes to reach; Classes those that the diffusion model is conditioned on, Targets if nil.
	Targets, Classes []int
	// StepNoise gives the standard normal noise of a step, of the latent's shape, which is freed after the step. It is needed where
	// Options.Eta is above 0.
	StepNoise func(step int) *tensors.Tensor
}

// Levels are alphas_cumprod before each denoising step, in the order in which steps are made, after the level that a latent
// is noised to: one respaced step further than the first denoising step assumes, as the public code has it. Source:
// SPEC-LDCE section 2.
func (m *Method) Levels() []float64 {
	var levels []float64
	for i := m.options.start(); i >= 0; i-- {
		levels = append(levels, m.steps[i].Alpha)
	}
	return levels
}

// Denoise makes LDCE's guided steps from a given latent, and decodes the last. Of several guidance scales the first is taken. Results have a trace, the counterfactual, its
// probabilities and, of what comes before denoising, the original only.
func (m *Method) Denoise(ctx context.Context, s Start, observe counterfactual.Observer) ([]*counterfactual.Result, error) {
	if m.options.Eta > 0 && s.StepNoise == nil {
		return nil, errors.New("ldce: with eta above 0 a start needs the noise of its steps")
	}
	pictures, err := counterfactual.Unbatch(s.Pictures)
	if err != nil {
		return nil, err
	}
	if len(s.Targets) != len(pictures) || s.Classes != nil && len(s.Classes) != len(pictures) {
		return nil, errors.New("ldce: a start needs a target, and a class if any, for each picture")
	}
	r := &run{Method: m, picture: s.Pictures, z: s.Latent, latentDims: s.Latent.Shape().Dimensions,
		kept: []*tensors.Tensor{s.Pictures, s.Latent}, scale: m.options.scales()[0], stepNoise: s.StepNoise, lap: time.Now()}
	defer r.free()
	classes := s.Classes
	if classes == nil {
		classes = s.Targets
	}
	if err := r.condition(classes); err != nil {
		return nil, err
	}
	for i, p := range pictures {
		r.problems = append(r.problems, counterfactual.Problem{Picture: p, Target: s.Targets[i]})
		r.targets = append(r.targets, int32(s.Targets[i]))
		r.results = append(r.results, &counterfactual.Result{Method: m.Name(), Note: m.note(), Original: p, Classes: m.models.Classifier.Classes,
			Target: s.Targets[i], Options: m.options})
	}
	if err := r.denoiseAll(ctx, observe); err != nil {
		return nil, err
	}
	return r.finish()
}
