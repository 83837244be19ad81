package ldce

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// Method is LDCE on given models. It is safe for concurrent use.
type Method struct {
	models    counterfactual.Models
	options   Options
	steps     []diffusion.Step // ascending in time, one more than is made: the level that abduction noises to
	programs  programs
	inverter  *diffusion.Inverter
	predictor *counterfactual.Predictor
}

// New prepares LDCE. Options that make no sense are errors; nothing is compiled before the first picture.
func New(m counterfactual.Models, o Options) (*Method, error) {
	o, err := o.WithDefaults()
	if err != nil {
		return nil, err
	}
	steps, err := m.Diffusion.Schedule.DDIMSteps(o.DDIMSteps, o.Eta)
	if err != nil {
		return nil, fmt.Errorf("ldce: %w", err)
	}
	return &Method{models: m, options: o, steps: steps, programs: newPrograms(m, o),
		inverter: diffusion.NewInverter(m.Backend, m.Diffusion), predictor: counterfactual.NewPredictor(m)}, nil
}

// Name is "ldce".
func (m *Method) Name() string { return "ldce" }

// note is what must be known before a result is read; mostly empty.
func (m *Method) note() string { return strings.TrimSpace(m.models.Note() + " " + m.options.note()) }

// Explain solves one problem.
func (m *Method) Explain(ctx context.Context, p counterfactual.Problem, observe counterfactual.Observer) (*counterfactual.Result, error) {
	results, err := m.ExplainBatch(ctx, []counterfactual.Problem{p}, observe)
	if err != nil {
		return nil, err
	}
	return results[0], nil
}

// ExplainBatch solves problems of one picture size together, which is faster than one by one. Each result is what the
// problem alone would give, up to rounding. Rounding rarely counts, but where the classifier is all but certain and its layers have
// kinks (ReLU, max pooling) it can decide which locations agree: then a picture alone and in a batch are two answers of equal right.
// Timings are those of the batch divided by its size. observe sees each step once for each problem, told apart by
// [counterfactual.Step.Problem].
func (m *Method) ExplainBatch(ctx context.Context, problems []counterfactual.Problem, observe counterfactual.Observer) ([]*counterfactual.Result, error) {
	if len(problems) == 0 {
		return nil, nil
	}
	r, err := m.begin(ctx, problems)
	if err != nil {
		return nil, err
	}
	defer r.free()
	return r.attempts(ctx, observe)
}

// run is the state of one batch.
type run struct {
	*Method
	problems      []counterfactual.Problem
	results       []*counterfactual.Result
	picture, z    *tensors.Tensor
	kept          []*tensors.Tensor // those of the above that outlive the steps, or are the caller's
	scale         float64           // of guidance
	unconditional *tensors.Tensor
	conditional   *tensors.Tensor
	targets       []int32
	latentDims    []int
	stepNoise     func(step int) *tensors.Tensor // nil: from the problems' own seeds
	lap           time.Time
	timings       []counterfactual.Timing
}

func (m *Method) begin(ctx context.Context, problems []counterfactual.Problem) (*run, error) {
	r := &run{Method: m, problems: problems, lap: time.Now()}
	var pictures []counterfactual.Picture
	var classes []int
	for _, p := range problems {
		if err := m.models.Validate(p); err != nil {
			return nil, err
		}
		pictures = append(pictures, p.Picture)
		classes = append(classes, p.Target)
		r.targets = append(r.targets, int32(p.Target))
	}
	before, err := m.predictor.Probabilities(pictures...)
	if err != nil {
		return nil, err
	}
	for i, p := range problems {
		if err := m.models.CheckTarget(before[i], p.Target); err != nil {
			return nil, err
		}
		r.results = append(r.results, &counterfactual.Result{Method: m.Name(), Note: m.note(), Seed: p.Seed, Original: p.Picture,
			Classes: m.models.Classifier.Classes, Predicted: counterfactual.ArgMax(before[i]), Target: p.Target, Before: before[i], Options: m.options})
	}
	if err := r.condition(classes); err != nil {
		return nil, err
	}
	if r.picture, err = counterfactual.Batch(pictures...); err != nil {
		return nil, err
	}
	r.latentDims = m.models.Diffusion.LatentDims(len(problems), pictures[0].Height, pictures[0].Width)
	if err := r.abduct(ctx); err != nil {
		r.free()
		return nil, err
	}
	return r, nil
}

// free gives the device its memory back, but for what the caller brought.
func (r *run) free() {
	for _, t := range []*tensors.Tensor{r.picture, r.z, r.unconditional, r.conditional} {
		if !slices.Contains(r.kept, t) {
			nn.Free(t)
		}
	}
}

// moveTo takes the next latent, and frees the one before.
func (r *run) moveTo(z *tensors.Tensor) {
	if !slices.Contains(r.kept, r.z) {
		nn.Free(r.z)
	}
	r.z = z
}

// condition turns classes, and as many times none, into the tokens that the denoiser attends to.
func (r *run) condition(classes []int) (err error) {
	conditioner := r.models.Diffusion.Conditioner
	if r.conditional, err = conditioner.Tokens(classes); err != nil {
		return err
	}
	r.unconditional, err = conditioner.Tokens(slices.Repeat([]int{diffusion.Unconditional}, len(classes)))
	return err
}

// noise draws a latent of standard normal numbers for each problem, from the stream of that name under its own seed.
func (r *run) noise(name string) *tensors.Tensor {
	size := r.latentDims[1] * r.latentDims[2] * r.latentDims[3]
	values := make([]float32, 0, len(r.problems)*size)
	for _, p := range r.problems {
		values = append(values, nn.Gaussian(p.Seed, "ldce/"+name, size)...)
	}
	return tensors.FromFlatDataAndDimensions(values, r.latentDims...)
}

func (r *run) denoiseAll(ctx context.Context, observe counterfactual.Observer) error {
	total := r.options.start()
	for k := range total {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ldce stopped after %d of %d steps: %w", k, total, err)
		}
		if err := r.denoise(ctx, k, observe); err != nil {
			return fmt.Errorf("ldce, step %d of %d: %w", k+1, total, err)
		}
	}
	r.mark("denoise")
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("ldce stopped before decoding: %w", err)
	}
	return nil
}

// denoise makes step k, counted from 0 in the order in which steps are made.
func (r *run) denoise(ctx context.Context, k int, observe counterfactual.Observer) error {
	step := r.steps[r.options.start()-1-k]
	var out []*tensors.Tensor
	for again := range r.options.Recurrence {
		var err error
		if again > 0 {
			nn.Free(out[1:]...)
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := r.renoise(step, fmt.Sprintf("renoise/%d/%d", k, again)); err != nil {
				return err
			}
		}
		if out, err = r.step(k, again, step); err != nil {
			return err
		}
		r.moveTo(out[0])
	}
	defer nn.Free(out[1:]...)
	return r.record(k, out, observe)
}

// step makes a step once: its results are those of the step program.
func (r *run) step(k, again int, step diffusion.Step) ([]*tensors.Tensor, error) {
	o := r.options
	name := fmt.Sprintf("step/%d", k)
	if again > 0 {
		name = fmt.Sprintf("step/%d/%d", k, again)
	}
	noise, overwrite := diffusion.NoNoise(), diffusion.NoNoise()
	switch {
	case step.Sigma > 0 && r.stepNoise != nil:
		noise = r.stepNoise(k)
	case step.Sigma > 0:
		noise = r.noise(name)
	}
	if o.OverwriteBy == OverwriteNoise {
		overwrite = r.noise("overwrite/" + name)
	}
	defer nn.Free(noise, overwrite)
	nets := r.models.Params()
	if o.Features != nil {
		nets = append(nets, o.Features.Params)
	}
	return r.programs.step.Call(nets, r.z, float32(step.AlphaPrev), float32(step.Sigma), noise,
		int32(step.T), float32(step.Alpha), r.unconditional, r.conditional, r.targets, r.picture,
		float32(r.scale), float32(*o.LambdaC), float32(*o.LambdaD), CosDegrees(*o.Gamma), overwrite)
}

// renoise takes the latent from the level that a step ends on back to the one it begins at.
func (r *run) renoise(step diffusion.Step, stream string) error {
	noise := r.noise(stream)
	defer nn.Free(noise)
	z, err := r.programs.renoise.Call1(nil, r.z, float32(step.Alpha/step.AlphaPrev), noise)
	if err == nil {
		r.moveTo(z)
	}
	return err
}

// record appends the step to each problem's trace and shows it to the observer.
func (r *run) record(k int, out []*tensors.Tensor, observe counterfactual.Observer) error {
	logProbs, err := tensors.CopyFlatData[float32](out[2])
	if err != nil {
		return err
	}
	kept, err := counterfactual.Grids(out[3])
	if err != nil {
		return err
	}
	classifier, err := tensors.CopyFlatData[float32](out[5])
	if err != nil {
		return err
	}
	distance, err := tensors.CopyFlatData[float32](out[6])
	if err != nil {
		return err
	}
	var latents, cosines []counterfactual.Grid
	var fields [3][]counterfactual.Grid // the classifier's gradient, the implicit one's, the clean latent
	var decoded []counterfactual.Picture
	frame := counterfactual.IsFrame(k, r.options.start(), r.options.TraceFrames)
	if frame {
		if latents, err = counterfactual.Grids(out[0]); err != nil {
			return err
		}
		if decoded, err = counterfactual.Unbatch(out[1]); err != nil {
			return err
		}
		if cosines, err = counterfactual.Grids(out[4]); err != nil {
			return err
		}
		for j, t := range out[7:] {
			if fields[j], err = counterfactual.Grids(t); err != nil {
				return err
			}
		}
	}
	for i, result := range r.results {
		if math.IsNaN(float64(logProbs[i])) {
			return fmt.Errorf("the target's log-probability is NaN (seed %d): the guidance diverged; "+
				"lower guidance_scale, lambda_c or lambda_d", result.Seed)
		}
		if r.options.filters() {
			result.Consensus = addGrid(result.Consensus, kept[i], r.options.start())
		}
		s := counterfactual.Step{Problem: i, Stage: "denoise", Index: k, Total: r.options.start(),
			Loss: -float64(logProbs[i]), TargetProbability: math.Exp(float64(logProbs[i])), Kept: &kept[i],
			Pull: &counterfactual.Pull{Classifier: float64(classifier[i]), Distance: float64(distance[i])}}
		if frame {
			s.Latent, s.Decoded, s.Cosines = &latents[i], &decoded[i], &cosines[i]
			if r.options.TraceFields {
				s.Gradient, s.Direction, s.X0 = &fields[0][i], &fields[1][i], &fields[2][i]
			}
		}
		result.Steps = append(result.Steps, s)
		if observe != nil {
			if err := observe(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// addGrid adds a step's mask, divided by the number of steps, to the share of steps in which locations were steered.
func addGrid(sum *counterfactual.Grid, mask counterfactual.Grid, steps int) *counterfactual.Grid {
	if sum == nil {
		sum = &counterfactual.Grid{Height: mask.Height, Width: mask.Width, Channels: 1, Values: make([]float32, len(mask.Values))}
	}
	for i, v := range mask.Values {
		sum.Values[i] += v / float32(steps)
	}
	return sum
}

func (r *run) finish() ([]*counterfactual.Result, error) {
	out, err := r.programs.decode.Call1(r.models.Params(), r.z)
	if err != nil {
		return nil, err
	}
	defer nn.Free(out)
	pictures, err := counterfactual.Unbatch(out)
	if err != nil {
		return nil, fmt.Errorf("counterfactual: %w", err)
	}
	pictures, after, err := r.predictor.Restored(r.results, pictures, counterfactual.Restoring{Threshold: r.options.KeepUnchanged, Blur: r.options.KeepBlur})
	if err != nil {
		return nil, err
	}
	r.mark("decode")
	for i, result := range r.results {
		result.Counterfactual, result.After = pictures[i], after[i]
		result.Timings = slices.Clone(r.timings)
	}
	return r.results, nil
}

// mark ends a stage: its time, shared among the batch, is noted, with that of earlier attempts.
func (r *run) mark(stage string) {
	now := time.Now()
	each := now.Sub(r.lap) / time.Duration(len(r.problems))
	r.lap = now
	for i := range r.timings {
		if r.timings[i].Stage == stage {
			r.timings[i].Duration += each
			return
		}
	}
	r.timings = append(r.timings, counterfactual.Timing{Stage: stage, Duration: each})
}
