package eced

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// Method is ECED on given models. It is safe for concurrent use.
type Method struct {
	models    counterfactual.Models
	options   Options
	steps     []diffusion.Step // the last DenoiseSteps of the schedule, ascending in time
	programs  programs
	inverter  *diffusion.Inverter
	diffEdit  *diffusion.DiffEdit
	mapper    *cam.Mapper
	predictor *counterfactual.Predictor
}

// New prepares ECED. Options that make no sense are errors; nothing is compiled before the first picture.
func New(m counterfactual.Models, o Options) (*Method, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	mapper, err := cam.New(m.Backend, m.Classifier, o.CAM)
	if err != nil {
		return nil, fmt.Errorf("eced: %w", err)
	}
	o.CAM = mapper.Options()
	diffEdit, err := diffusion.NewDiffEdit(m.Backend, m.Diffusion, o.DiffEdit)
	if err != nil {
		return nil, fmt.Errorf("eced: %w", err)
	}
	eta := o.Eta
	if o.Sampler == samplerDDPM { // ancestral steps are DDIM's with eta 1, but for the last one's noise, which is left out
		eta = 1
	}
	steps, err := m.Diffusion.Schedule.DDIMSteps(o.DDIMSteps, eta)
	if err != nil {
		return nil, fmt.Errorf("eced: %w", err)
	}
	return &Method{models: m, options: o, steps: steps[:o.DenoiseSteps], programs: newPrograms(m, o),
		inverter: diffusion.NewInverter(m.Backend, m.Diffusion), diffEdit: diffEdit, mapper: mapper, predictor: counterfactual.NewPredictor(m)}, nil
}

// Name is "eced".
func (m *Method) Name() string { return "eced" }

// Explain solves one problem: region, background, counterfactual.
func (m *Method) Explain(ctx context.Context, p counterfactual.Problem, observe counterfactual.Observer) (*counterfactual.Result, error) {
	results, err := m.ExplainBatch(ctx, []counterfactual.Problem{p}, observe)
	if err != nil {
		return nil, err
	}
	return results[0], nil
}

// ExplainBatch solves problems of one picture size. Activation maps and backgrounds are made one by one, as each picture has a decoder
// of its own; the denoising steps of stage C are made and differentiated together, until the last picture has stopped. Each result is
// what the problem alone would give, up to rounding. The time of stage C is shared among the pictures. observe sees each step once for
// each problem, told apart by [counterfactual.Step.Problem]. With AutoDelta problems are solved one by one.
func (m *Method) ExplainBatch(ctx context.Context, problems []counterfactual.Problem, observe counterfactual.Observer) ([]*counterfactual.Result, error) {
	var runs []*run
	defer func() {
		for _, r := range runs {
			r.free()
		}
	}()
	for i, p := range problems {
		r, err := m.begin(p, observe)
		if err != nil {
			return nil, err
		}
		r.number = i
		runs = append(runs, r)
	}
	var results []*counterfactual.Result
	if m.options.AutoDelta {
		for _, r := range runs {
			s, err := r.search(ctx, SearchOptions{})
			if err != nil {
				return nil, err
			}
			results = append(results, s.Result)
		}
		return results, nil
	}
	for _, r := range runs {
		if err := r.stage(ctx, "activation map", r.chooseRegion); err != nil {
			return nil, err
		}
	}
	if err := m.complete(ctx, runs); err != nil {
		return nil, err
	}
	for _, r := range runs {
		results = append(results, r.result)
	}
	return results, nil
}

// complete makes stages B and C of runs that have their region.
func (m *Method) complete(ctx context.Context, runs []*run) error {
	for _, r := range runs {
		if err := r.stage(ctx, "background", r.fitBackground); err != nil {
			return err
		}
	}
	begun := time.Now()
	if err := m.changeForegrounds(ctx, runs); err != nil {
		return fmt.Errorf("eced, adversarial: %w", err)
	}
	each := time.Since(begun) / time.Duration(max(1, len(runs)))
	for _, r := range runs {
		r.result.Timings = append(r.result.Timings, counterfactual.Timing{Stage: "adversarial", Duration: each})
		pictures, after, err := m.predictor.Restored([]*counterfactual.Result{r.result}, []counterfactual.Picture{r.result.Counterfactual},
			counterfactual.Restoring{Threshold: m.options.KeepUnchanged, Blur: m.options.KeepBlur})
		if err != nil {
			return err
		}
		r.result.Counterfactual, r.result.After = pictures[0], after[0]
	}
	return nil
}

// run is the state of one explanation.
type run struct {
	*Method
	problem counterfactual.Problem
	number  int // in the batch
	result  *counterfactual.Result
	observe counterfactual.Observer

	picture    *tensors.Tensor // [1, height, width, channels] in [0, 1]
	encoded    *tensors.Tensor // the picture's latent
	latentDims []int
	targets    []int32

	mask       *tensors.Tensor // [1, height, width, 1]
	latentMask *tensors.Tensor // [1, latent height, latent width, 1]
	background *tensors.Tensor // stage B's latent
	decoder    *nn.Params      // stage B's decoder: a copy that belongs to this picture alone
	foreground *tensors.Tensor // stage C's latent, after its last update
	warm       *run            // an earlier run on the picture, where stages B and C begin; nil for none
}

func (m *Method) begin(p counterfactual.Problem, observe counterfactual.Observer) (*run, error) {
	if err := m.models.Validate(p); err != nil {
		return nil, err
	}
	before, err := m.predictor.Probabilities(p.Picture)
	if err != nil {
		return nil, err
	}
	if err := m.models.CheckTarget(before[0], p.Target); err != nil {
		return nil, err
	}
	r := &run{Method: m, problem: p, observe: observe, targets: []int32{int32(p.Target)},
		latentDims: m.models.Diffusion.LatentDims(1, p.Picture.Height, p.Picture.Width)}
	r.result = &counterfactual.Result{Method: m.Name(), Note: m.models.Note(), Seed: p.Seed, Original: p.Picture, Target: p.Target,
		Classes: m.models.Classifier.Classes, Predicted: counterfactual.ArgMax(before[0]), Before: before[0], Options: m.options}
	if r.picture, err = counterfactual.Batch(p.Picture); err != nil {
		return nil, err
	}
	if r.encoded, err = m.programs.encode.Call1([]*nn.Params{m.models.Diffusion.AutoencoderParams}, r.picture); err != nil {
		nn.Free(r.picture)
		return nil, err
	}
	return r, nil
}

// stage makes a stage and notes its time.
func (r *run) stage(ctx context.Context, name string, make func(context.Context) error) error {
	begun := time.Now()
	if err := make(ctx); err != nil {
		return fmt.Errorf("eced, %s: %w", name, err)
	}
	r.result.Timings = append(r.result.Timings, counterfactual.Timing{Stage: name, Duration: time.Since(begun)})
	return nil
}

// free gives the device all its memory back.
func (r *run) free() {
	r.freeScene()
	nn.Free(r.picture, r.encoded)
}

// freeScene gives back what stages A to C have made.
func (r *run) freeScene() {
	nn.Free(r.mask, r.latentMask, r.foreground)
	if r.background != r.encoded {
		nn.Free(r.background)
	}
	if r.decoder != nil {
		r.decoder.Free()
	}
}

// noise draws a latent of standard normal numbers from the stream of that name under the problem's seed.
func (r *run) noise(name string) *tensors.Tensor {
	d := r.latentDims
	return tensors.FromFlatDataAndDimensions(nn.Gaussian(r.problem.Seed, "eced/"+name, d[0]*d[1]*d[2]*d[3]), d...)
}

// report appends a step to the trace and shows it to the observer.
func (r *run) report(s counterfactual.Step) error {
	s.Problem = r.number
	r.result.Steps = append(r.result.Steps, s)
	if r.observe == nil {
		return nil
	}
	return r.observe(s)
}

// stopped says in words how far a stage was when the context ended.
func stopped(ctx context.Context, k, total int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stopped after %d of %d steps: %w", k, total, err)
	}
	return nil
}
