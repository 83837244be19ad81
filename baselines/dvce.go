package baselines

import (
	"cmp"
	"context"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// DVCEOptions are the settings of the DVCE-style method. The zero value is the public code's, without cone, as an ordinary bundle
// has no robust classifier.
type DVCEOptions struct {
	// Steps is the length of the respaced chain, 200; Strength is the share of its steps, the last, that is made; 0.5.
	Steps    int      `json:"steps"`
	Strength *float64 `json:"strength"`
	// LambdaC and LambdaD weigh classifier and distance; 0.1 and 0.15.
	LambdaC *float64 `json:"lambda_c"`
	LambdaD *float64 `json:"lambda_d"`
	// P is the distance's exponent; 1. (The public code turns 1.5 to 1 without a word where the distance is differentiated
	// through; here it is the one named.)
	P float64 `json:"p"`
	// Distance is "picture", differentiated through decoder and denoiser (the README's setting), or "latent", between clean
	// estimate and the picture's latent, not differentiated further.
	Distance string `json:"distance"`
	// NoRescaling leaves both gradients as long as they are, instead of as long as the noise estimate.
	NoRescaling bool `json:"no_rescaling"`
	// Robust is an adversarially robust classifier of the same classes. With it the cone is used; without, the classifier's own
	// gradient.
	Robust *classify.Classifier `json:"-"`
	// Alpha is the cone's half angle in degrees; 30.
	Alpha *float64 `json:"alpha"`
	// ExactCone projects the robust gradient onto the cone (the text), instead of the public code's rule, which returns the
	// target's gradient for all within it.
	ExactCone bool `json:"exact_cone"`
	// Augmentations is how many copies of the clean estimate a classifier sees, the first unchanged, the others rotated and shifted
	// and seen from elsewhere at random; its log-probability is their mean. 16 with a robust classifier, 1 without.
	Augmentations int `json:"augmentations"`
	// TraceFrames is how many steps, evenly spread, keep latent and picture in the trace; 8. -1 keeps all.
	TraceFrames int `json:"trace_frames"`
}

func (o DVCEOptions) withDefaults() (DVCEOptions, error) {
	o.Steps = cmp.Or(o.Steps, 200)
	o.Strength = cmp.Or(o.Strength, new(0.5))
	o.LambdaC = cmp.Or(o.LambdaC, new(0.1))
	o.LambdaD = cmp.Or(o.LambdaD, new(0.15))
	o.P = cmp.Or(o.P, 1)
	o.Distance = cmp.Or(o.Distance, "picture")
	o.Alpha = cmp.Or(o.Alpha, new(30.0))
	if o.Robust != nil {
		o.Augmentations = cmp.Or(o.Augmentations, 16)
	}
	o.Augmentations = cmp.Or(o.Augmentations, 1)
	o.TraceFrames = cmp.Or(o.TraceFrames, 8)
	switch {
	case !(*o.Strength > 0 && *o.Strength <= 1):
		return o, fmt.Errorf("strength is %g; legal is above 0 to 1", *o.Strength)
	case o.start() < 1:
		return o, fmt.Errorf("strength %g of %d steps is less than one step", *o.Strength, o.Steps)
	case !(o.P >= 1) || math.IsInf(o.P, 0):
		return o, fmt.Errorf("p is %g; it must be a finite number, 1 or more", o.P)
	case o.Distance != "picture" && o.Distance != "latent":
		return o, fmt.Errorf("distance %q is unknown; legal are picture and latent", o.Distance)
	case o.Augmentations < 1:
		return o, fmt.Errorf("augmentations is %d; it must be positive, 1 for none", o.Augmentations)
	case !(*o.Alpha >= 0 && *o.Alpha < 90):
		return o, fmt.Errorf("alpha is %g degrees; legal is 0 to below 90", *o.Alpha)
	}
	return o, finite(map[string]float64{"lambda_c": *o.LambdaC, "lambda_d": *o.LambdaD})
}

// start is the number of steps that are made.
func (o DVCEOptions) start() int { return int(*o.Strength * float64(o.Steps)) }

// DVCE is the DVCE-style method, latent: an ancestral chain from an intermediate level, its mean moved along the classifier's
// gradient and against the distance to the picture, both as long as the noise estimate; where the classifier is not robust, along
// the gradient of a robust one, moved onto a cone around the classifier's. Source: Augustin, Boreiko, Croce and Hein, 2022
// (arXiv 2210.11841), and its public code; SPEC-BASELINES section 1.
type DVCE struct {
	*explainer
	options DVCEOptions
	steps   []diffusion.AncestralStep // those that are made, ascending
	noise   *nn.Program
	step    *nn.Program
	params  []*nn.Params
}

// NewDVCE prepares the method. Options that make no sense are errors; nothing is compiled before the first picture.
func NewDVCE(m counterfactual.Models, o DVCEOptions) (*DVCE, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", NameDVCE, err)
	}
	if o.Robust != nil && len(o.Robust.Classes) != len(m.Classifier.Classes) {
		return nil, fmt.Errorf("%s: the robust classifier tells %d classes apart, the one explained %d", NameDVCE,
			len(o.Robust.Classes), len(m.Classifier.Classes))
	}
	steps, err := m.Diffusion.Schedule.AncestralSteps(o.Steps)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", NameDVCE, err)
	}
	d := &DVCE{options: o, steps: steps[:o.start()], noise: newNoising(m), step: newDVCEStep(m, o), params: m.Params()}
	if o.Robust != nil {
		d.params = append(d.params, o.Robust.Params)
	}
	if d.explainer, err = newExplainer(m, NameDVCE, o, o.TraceFrames); err != nil {
		return nil, err
	}
	if o.Robust != nil {
		d.Description.Title = "DVCE-style, latent"
	}
	d.attempts = []attempt{d.search}
	d.rehearsal = func(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
		short := *d
		short.steps = d.steps[:1]
		return short.search(ctx, b, watch)
	}
	return d, nil
}

func (d *DVCE) search(ctx context.Context, b *Batch, watch Watcher) (*found, error) {
	z, err := d.Denoise(ctx, b, watch)
	return &found{latent: z}, err
}

// Denoise makes all steps and returns the clean estimate of the last, as the public code does. The chain begins at the level of
// its first step. Noise streams: start, step/K and augment/K.
func (d *DVCE) Denoise(ctx context.Context, b *Batch, watch Watcher) (*tensors.Tensor, error) {
	total := len(d.steps)
	z, err := noised(d.noise, b, b.Latent, d.steps[total-1], "start")
	if err != nil {
		return nil, err
	}
	var clean *tensors.Tensor
	for k := range total {
		nn.Free(clean)
		if err := stopped(ctx, k, total); err != nil {
			nn.Free(z)
			return nil, err
		}
		next, x0, err := d.Step(b, z, k, watch)
		nn.Free(z)
		if err != nil {
			return nil, fmt.Errorf("step %d of %d: %w", k+1, total, err)
		}
		z, clean = next, x0
	}
	nn.Free(z)
	return clean, nil
}

// Step makes step k, counted from 0 in the order in which steps are made, from latent z. It returns the next latent and the clean
// estimate.
func (d *DVCE) Step(b *Batch, z *tensors.Tensor, k int, watch Watcher) (next, clean *tensors.Tensor, err error) {
	step := d.steps[len(d.steps)-1-k]
	noises := &draws{batch: b}
	defer noises.free()
	noise := noises.draw(step.Index, "step/%d", k)
	if noises.err != nil {
		return nil, nil, noises.err
	}
	o := d.options
	args := append([]any{z, noise, b.Null, b.Latent, b.Picture, b.Targets, float32(*o.LambdaC), float32(*o.LambdaD)}, step.Args()...)
	if o.Augmentations > 1 {
		size := b.Picture.Shape().Dimensions
		warps, err := augmentations(b, fmt.Sprintf("augment/%d", k), o.Augmentations, size[1], size[2])
		if err != nil {
			return nil, nil, err
		}
		defer nn.Free(warps)
		args = append(args, warps)
	}
	out, err := d.step.Call(d.params, args...)
	if err != nil {
		return nil, nil, err
	}
	defer nn.Free(out[2:]...)
	s := State{Stage: "denoise", Index: k, Total: len(d.steps), Latent: out[0], Image: out[2], Details: map[string]*tensors.Tensor{}}
	for i, name := range []string{"z", "z0_hat", "image", "log_prob", "eps", "mean", "mean_guided", "update", "grad_target", "grad_dist",
		"grad_class", "grad_robust", "cosine"} {
		s.Details[name] = out[i]
	}
	logProb, err := floats(out[3])
	if err != nil {
		return nil, nil, err
	}
	for _, v := range logProb[0] {
		s.Loss = append(s.Loss, -v)
	}
	s.Probability = likelihood(s.Loss)
	return out[0], out[1], watch.show(s)
}

// newDVCEStep is one guided step.
func newDVCEStep(m counterfactual.Models, o DVCEOptions) *nn.Program {
	return nn.NewProgram(m.Backend, "dvce step", func(s []nn.Scope, a []*Node) []*Node {
		z, noise, condition, original, picture, target, lambdaC, lambdaD := a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
		step, rest := diffusion.AncestralArgs(a[8:])
		var warps *Node
		if len(rest) > 0 {
			warps = rest[0]
		}
		n := counterfactual.BindNets(s)
		mean, x0, eps := ancestral(m, n, z, condition, step)
		image := m.DecodeUnit(n, x0)
		logProb := m.Classifier.LogProb(n.Classifier, image, target)
		guide := func(c *classify.Classifier, s nn.Scope) *Node {
			return Gradient(ReduceAllSum(augmentedLogProb(c, s, image, target, warps)), z)[0]
		}
		gradTarget := guide(m.Classifier, n.Classifier)
		gradClass, gradRobust, cosine := gradTarget, ZerosLike(z), ZerosLike(logProb)
		if o.Robust != nil {
			gradRobust = guide(o.Robust, s[3])
			gradClass, cosine = Cone(gradRobust, gradTarget, *o.Alpha, o.ExactCone)
		}
		var gradDistance *Node
		if o.Distance == "picture" {
			gradDistance = Gradient(ReduceAllSum(ReduceMean(power(Abs(Sub(image, picture)), o.P), 1, 2, 3)), z)[0]
		} else {
			d := Sub(x0, original)
			gradDistance = MulScalar(Mul(power(Abs(d), o.P-1), Sign(d)), o.P)
		}
		termC, termD := gradClass, gradDistance
		if !o.NoRescaling {
			termC, termD = diffusion.MatchNorm(termC, eps), diffusion.MatchNorm(termD, eps)
		}
		update := Sub(Mul(lambdaC, termC), Mul(lambdaD, termD))
		guided := Add(mean, Mul(step.Variance, update))
		return []*Node{step.AddStepNoise(guided, noise), x0, image, logProb, eps, mean, guided, update, gradTarget, gradDistance,
			gradClass, gradRobust, cosine}
	})
}

// power is x^p for x of 0 or more, whose gradient at 0 is finite.
func power(x *Node, p float64) *Node {
	switch p {
	case 0:
		return OnesLike(x)
	case 1:
		return x
	case 2:
		return Square(x)
	}
	zero := LessOrEqual(x, ZerosLike(x))
	return Where(zero, ZerosLike(x), PowScalar(Where(zero, OnesLike(x), x), p))
}
