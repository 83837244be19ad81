package eced

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/nn"
)

// Scene is what stage C works on. Latents and masks are those of a batch of pictures of one size.
type Scene struct {
	Encoded    *tensors.Tensor // the pictures' latents, where the foreground begins: [batch, height, width, channels]
	Background *tensors.Tensor // stage B's latents, of the same shape
	LatentMask *tensors.Tensor // [batch, height, width, 1], 1 is foreground; values between blend softly
	Decoders   []*nn.Params    // stage B's: one for each picture, or one for all
	// Targets are the classifier's classes to reach; Classes those that the diffusion model is conditioned on, Targets if nil.
	Targets, Classes []int
}

// ChainNoise is the noise of one pass through the denoising steps, in the order in which they are made: standard normal
// tensors of the latent's shape.
type ChainNoise struct {
	Start      *tensors.Tensor   // of the blended latent that the pass begins at
	Background []*tensors.Tensor // of the background behind each step
	Step       []*tensors.Tensor // that each step adds; unused where the step adds none
}

func (n ChainNoise) free() {
	nn.Free(n.Start)
	nn.Free(n.Background...)
	nn.Free(n.Step...)
}

// Adversary is the state of stage C: Adam on the foreground's latent, along the classifier's gradient through decoder and
// all denoising steps, pruned to the mask. Source: the paper's Eq. 6 to 10 and Proposition 1; SPEC-ECED section 4.
type Adversary struct {
	Foreground *tensors.Tensor // the latent that is changed

	method                     *Method
	scene                      Scene
	targets                    []int32
	conditional, unconditional *tensors.Tensor
	m, v                       *tensors.Tensor // Adam's moments
	done                       int             // iterations made
}

// Iteration is what one forward and backward pass found; Gradient and Pruned are the backward pass's.
type Iteration struct {
	Image         *tensors.Tensor // [batch, height, width, channels] in [0, 1]: what the classifier was shown
	Pass          *nn.Pass        // the latents before and after each denoising step
	Loss          float64         // cross-entropy, summed over the batch
	Losses        []float64       // of each picture
	Probabilities []float64       // of the targets
	Gradient      *tensors.Tensor // by the blended latent that the pass began at
	Pruned        *tensors.Tensor // the same inside the mask, which is the gradient by the foreground's latent
	// PullInside and PullAll are, for each picture, the Euclidean norms of the loss's gradient by the pass's last latent, inside the mask and
	// everywhere: how much of what the classifier asks for the mask lets through. (The other gradients can't tell: on the way back
	// through the pass what lies behind the mask is lost.)
	PullInside, PullAll []float64

	byLast *tensors.Tensor // the loss's gradient by the pass's last latents
}

// Free gives the iteration's tensors back to the device.
func (it *Iteration) Free() {
	if it.Pass != nil {
		first := it.Pass.States[0]
		it.Pass.Free()
		nn.Free(first)
	}
	nn.Free(it.Image, it.byLast, it.Gradient, it.Pruned)
}

// NewAdversary begins stage C.
func (m *Method) NewAdversary(s Scene) (*Adversary, error) {
	batch := s.Encoded.Shape().Dimensions[0]
	if s.Classes == nil {
		s.Classes = s.Targets
	}
	if len(s.Targets) != batch || len(s.Classes) != batch || len(s.Decoders) != batch && len(s.Decoders) != 1 {
		return nil, fmt.Errorf("eced: %d targets, %d classes and %d decoders for %d latents", len(s.Targets), len(s.Classes), len(s.Decoders), batch)
	}
	a := &Adversary{Foreground: s.Encoded, method: m, scene: s, m: tensors.FromShape(s.Encoded.Shape()), v: tensors.FromShape(s.Encoded.Shape())}
	nobody := make([]int, batch)
	for i, t := range s.Targets {
		a.targets, nobody[i] = append(a.targets, int32(t)), diffusion.Unconditional
	}
	var err error
	if a.conditional, err = m.models.Diffusion.Conditioner.Tokens(s.Classes); err != nil {
		return nil, err
	}
	if a.unconditional, err = m.models.Diffusion.Conditioner.Tokens(nobody); err != nil {
		nn.Free(a.conditional)
		return nil, err
	}
	return a, nil
}

// Free gives everything back to the device but the scene.
func (a *Adversary) Free() {
	nn.Free(a.conditional, a.unconditional, a.m, a.v)
	if a.Foreground != a.scene.Encoded {
		nn.Free(a.Foreground)
	}
}

// Steps are the denoising steps of a pass, in the order in which they are made.
func (m *Method) Steps() []diffusion.Step {
	var steps []diffusion.Step
	for i := len(m.steps) - 1; i >= 0; i-- {
		steps = append(steps, m.steps[i])
	}
	return steps
}

// errDiverged says that a loss is no number any more.
var errDiverged = errors.New("the loss is NaN: the latent diverged; lower rate or guidance_scale")

// Step makes one iteration: [Adversary.Forward], then [Adversary.Backward]. The caller frees it.
func (a *Adversary) Step(ctx context.Context, noise ChainNoise) (*Iteration, error) {
	it, err := a.Forward(ctx, noise)
	if err != nil {
		return nil, err
	}
	if err := a.Backward(ctx, it); err != nil {
		it.Free()
		return nil, err
	}
	return it, nil
}

// Forward denoises the scene with the foreground as it is, and asks the classifier. The caller frees the iteration.
func (a *Adversary) Forward(ctx context.Context, noise ChainNoise) (*Iteration, error) {
	it := &Iteration{}
	if err := a.forward(ctx, noise, it); err != nil {
		it.Free()
		return nil, err
	}
	return it, nil
}

func (a *Adversary) forward(ctx context.Context, noise ChainNoise, it *Iteration) error {
	p, s := a.method.programs, a.scene
	steps := a.method.Steps()
	if len(noise.Background) != len(steps) || len(noise.Step) != len(steps) {
		return fmt.Errorf("noise of %d and %d steps for a pass of %d", len(noise.Background), len(noise.Step), len(steps))
	}
	z, err := p.start.Call1(nil, a.Foreground, s.Background, s.LatentMask, noise.Start, float32(steps[0].Alpha))
	if err != nil {
		return err
	}
	if it.Pass, err = p.steps.Run(ctx, a.denoiser(), z, len(steps), a.stepArgs(steps, noise)); err != nil {
		nn.Free(z)
		return err
	}
	if err := a.judge(it); err != nil {
		return err
	}
	pull, err := p.pull.Call(nil, it.byLast, s.LatentMask)
	if err != nil {
		return err
	}
	defer nn.Free(pull...)
	if it.PullInside, err = doubles(pull[0]); err != nil {
		return err
	}
	it.PullAll, err = doubles(pull[1])
	return err
}

// Backward takes the loss's gradient through the iteration's pass to the foreground, and moves the foreground by it; the one before is
// freed.
func (a *Adversary) Backward(ctx context.Context, it *Iteration) error {
	gradient, err := it.Pass.Gradient(ctx, it.byLast)
	if err != nil {
		return err
	}
	defer nn.Free(gradient)
	a.done++
	alpha := float32(a.method.Steps()[0].Alpha)
	out, err := a.method.programs.update.Call(nil, a.Foreground, gradient, a.scene.LatentMask, alpha, a.m, a.v, float32(*a.method.options.Rate), float32(a.done))
	if err != nil {
		return err
	}
	nn.Free(a.m, a.v)
	if a.Foreground != a.scene.Encoded {
		nn.Free(a.Foreground)
	}
	a.Foreground, a.m, a.v, it.Gradient, it.Pruned = out[0], out[1], out[2], out[3], out[4]
	return nil
}

// judge decodes the pass's last latents, asks the classifier, and takes the loss's gradient by them.
func (a *Adversary) judge(it *Iteration) (err error) {
	var logProbs []float64
	if len(a.scene.Decoders) == 1 {
		it.Image, it.byLast, logProbs, err = a.head(a.scene.Decoders[0], it.Pass.Last(), a.targets)
	} else {
		it.Image, it.byLast, logProbs, err = a.headOfEach(it.Pass.Last())
	}
	if err != nil {
		return err
	}
	for _, logProb := range logProbs {
		it.Losses, it.Probabilities = append(it.Losses, -logProb), append(it.Probabilities, math.Exp(logProb))
		it.Loss -= logProb
	}
	if math.IsNaN(it.Loss) {
		return errDiverged
	}
	return nil
}

// head decodes latents with one decoder.
func (a *Adversary) head(decoder *nn.Params, z *tensors.Tensor, targets []int32) (image, gradient *tensors.Tensor, logProbs []float64, err error) {
	out, err := a.method.programs.head.Call(a.method.headNets(decoder), z, targets)
	if err != nil {
		return nil, nil, nil, err
	}
	defer nn.Free(out[1])
	logProbs, err = doubles(out[1])
	return out[0], out[2], logProbs, err
}

// headOfEach decodes each picture's latent with its own decoder.
func (a *Adversary) headOfEach(last *tensors.Tensor) (image, gradient *tensors.Tensor, logProbs []float64, err error) {
	var images, gradients []*tensors.Tensor
	defer func() { nn.Free(append(images, gradients...)...) }()
	for i, decoder := range a.scene.Decoders {
		z, err := row(last, i)
		if err != nil {
			return nil, nil, nil, err
		}
		img, g, logProb, err := a.head(decoder, z, a.targets[i:i+1])
		nn.Free(z)
		if err != nil {
			return nil, nil, nil, err
		}
		images, gradients, logProbs = append(images, img), append(gradients, g), append(logProbs, logProb...)
	}
	if image, err = stack(images...); err != nil {
		return nil, nil, nil, err
	}
	gradient, err = stack(gradients...)
	return image, gradient, logProbs, err
}

// stepArgs gives a step's arguments beside the latent.
func (a *Adversary) stepArgs(steps []diffusion.Step, noise ChainNoise) func(i int) []any {
	return func(i int) []any {
		s := steps[i]
		return []any{a.scene.Background, a.scene.LatentMask, noise.Background[i], noise.Step[i], int32(s.T), float32(s.Alpha),
			float32(s.AlphaPrev), float32(s.Sigma), a.conditional, a.unconditional, float32(*a.method.options.GuidanceScale)}
	}
}

func (a *Adversary) denoiser() []*nn.Params {
	return []*nn.Params{a.method.models.Diffusion.DenoiserParams}
}

func (m *Method) headNets(decoder *nn.Params) []*nn.Params {
	return []*nn.Params{decoder, m.models.Classifier.Params}
}

func doubles(t *tensors.Tensor) ([]float64, error) {
	values, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out, nil
}
