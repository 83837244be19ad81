package baselines

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/nn"
)

// explainer is what every method has around its search: checking, encoding, asking the classifier before and after, keeping the
// trace and the time.
type explainer struct {
	Description
	models    counterfactual.Models
	options   any // with every default filled in
	frames    int // of a trace
	pictures  bool
	attempts  []attempt // made one after the other, each for the pictures that the one before did not flip
	rehearsal attempt   // the shortest search that calls every program
	predictor *counterfactual.Predictor
	encode    *nn.Program // picture -> latent, reconstruction
	decode    *nn.Program // latent -> picture in [0, 1]
}

// attempt is one search for a batch.
type attempt func(ctx context.Context, b *Batch, watch Watcher) (*found, error)

// found is what an attempt ends with. Masks, one for each picture, are 1 where it may change; nil for methods without.
type found struct {
	latent      *tensors.Tensor          // to be decoded,
	pictures    []counterfactual.Picture // or pictures
	masks       []*counterfactual.Grid   // at the pictures' size
	latentMasks []*counterfactual.Grid   // at the latents'
	activations []*counterfactual.Grid   // what masks were made of
}

// newExplainer prepares the frame of a method that works on latents.
func newExplainer(m counterfactual.Models, name string, options any, frames int) (*explainer, error) {
	d, err := Describe(name)
	if err != nil {
		return nil, err
	}
	return &explainer{Description: d, models: m, options: options, frames: frames, predictor: counterfactual.NewPredictor(m),
		encode: nn.NewProgram(m.Backend, name+" encode", func(s []nn.Scope, a []*Node) []*Node {
			n := counterfactual.BindNets(s)
			z := m.EncodeUnit(n, a[0])
			return []*Node{z, ClipScalar(m.DecodeUnit(n, z), 0, 1)}
		}),
		decode: nn.NewProgram(m.Backend, name+" decode", func(s []nn.Scope, a []*Node) []*Node {
			return []*Node{ClipScalar(m.DecodeUnit(counterfactual.BindNets(s), a[0]), 0, 1)}
		}),
	}, nil
}

// Name is the method's name in options and command lines; [Describe] has what it may be called.
func (e *explainer) Name() string { return e.Description.Name }

// Title is what the method may be called.
func (e *explainer) Title() string { return e.Description.Title }

// Prepare compiles the method's programs for a single picture of the given one's size, by the shortest possible search.
func (e *explainer) Prepare(ctx context.Context, picture counterfactual.Picture) error {
	rows, err := e.predictor.Probabilities(picture)
	if err != nil {
		return err
	}
	short := *e
	short.attempts = []attempt{e.rehearsal}
	_, err = short.Explain(ctx, counterfactual.Problem{Picture: picture, Target: counterfactual.RunnerUp(rows[0])}, nil)
	return err
}

// Explain solves one problem.
func (e *explainer) Explain(ctx context.Context, p counterfactual.Problem, observe counterfactual.Observer) (*counterfactual.Result, error) {
	results, err := e.ExplainBatch(ctx, []counterfactual.Problem{p}, observe)
	if err != nil {
		return nil, err
	}
	return results[0], nil
}

// ExplainBatch solves problems of one picture size together. Each result is what the problem alone would give, up to rounding.
// Timings are those of the batch divided by its size. observe sees each step once for each problem, told apart by
// [counterfactual.Step.Problem].
func (e *explainer) ExplainBatch(ctx context.Context, problems []counterfactual.Problem, observe counterfactual.Observer) ([]*counterfactual.Result, error) {
	if len(problems) == 0 {
		return nil, nil
	}
	results, err := e.begin(problems)
	if err != nil {
		return nil, err
	}
	var open []int // the problems that are not solved yet
	for i := range problems {
		open = append(open, i)
	}
	for _, search := range e.attempts {
		t := &trial{explainer: e, observe: observe, open: open, lap: time.Now()}
		for _, i := range open {
			t.problems, t.results = append(t.problems, problems[i]), append(t.results, results[i])
		}
		if err := t.run(ctx, search); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		open = slices.DeleteFunc(open, func(i int) bool { return results[i].Flipped() })
		if len(open) == 0 {
			break
		}
	}
	return results, nil
}

// begin checks the problems and asks the classifier what it says of the originals.
func (e *explainer) begin(problems []counterfactual.Problem) ([]*counterfactual.Result, error) {
	var pictures []counterfactual.Picture
	for _, p := range problems {
		if err := e.models.Validate(p); err != nil {
			return nil, err
		}
		pictures = append(pictures, p.Picture)
	}
	before, err := e.predictor.Probabilities(pictures...)
	if err != nil {
		return nil, err
	}
	var results []*counterfactual.Result
	for i, p := range problems {
		if err := e.models.CheckTarget(before[i], p.Target); err != nil {
			return nil, err
		}
		results = append(results, &counterfactual.Result{Method: e.Name(), Title: e.Title(), Note: strings.TrimSpace(e.Note + " " + e.models.Note()), Seed: p.Seed, Original: p.Picture,
			Reconstruction: p.Picture, Classes: e.models.Classifier.Classes, Predicted: counterfactual.ArgMax(before[i]), Target: p.Target, Before: before[i], Options: e.options})
	}
	return results, nil
}

// trial is one attempt at the problems that are open.
type trial struct {
	*explainer
	problems []counterfactual.Problem
	results  []*counterfactual.Result
	open     []int // the problems' places in the batch that the caller gave
	observe  counterfactual.Observer
	lap      time.Time
}

func (t *trial) run(ctx context.Context, search attempt) error {
	b, err := t.batch()
	if err != nil {
		return err
	}
	defer nn.Free(b.Picture, b.Latent, b.Null)
	t.mark("encode")
	f, err := search(ctx, b, t.record)
	if err != nil {
		return err
	}
	t.mark("search")
	return t.finish(f)
}

// batch encodes the pictures.
func (t *trial) batch() (*Batch, error) {
	b := &Batch{Noise: t.noise}
	var pictures []counterfactual.Picture
	var nobody []int
	for _, p := range t.problems {
		pictures, nobody = append(pictures, p.Picture), append(nobody, diffusion.Unconditional)
		b.Targets = append(b.Targets, int32(p.Target))
	}
	var err error
	if b.Picture, err = counterfactual.Batch(pictures...); err != nil || t.pictures {
		return b, err
	}
	if b.Null, err = t.models.Diffusion.Conditioner.Tokens(nobody); err != nil {
		return nil, err
	}
	out, err := t.encode.Call(t.models.Params(), b.Picture)
	if err != nil {
		return nil, err
	}
	b.Latent = out[0]
	defer nn.Free(out[1])
	reconstructions, err := counterfactual.Unbatch(out[1])
	if err != nil {
		return nil, fmt.Errorf("reconstruction: %w", err)
	}
	for i, r := range t.results {
		r.Reconstruction = reconstructions[i]
	}
	return b, nil
}

// noise draws for each problem from the stream of that name under its own seed.
func (t *trial) noise(stream string, dims []int) (*tensors.Tensor, error) {
	size := 1
	for _, d := range dims[1:] {
		size *= d
	}
	values := make([]float32, 0, len(t.problems)*size)
	for _, p := range t.problems {
		values = append(values, nn.Gaussian(p.Seed, t.Name()+"/"+stream, size)...)
	}
	return tensors.FromFlatDataAndDimensions(values, dims...), nil
}

// record appends a step to each problem's trace and shows it to the observer.
func (t *trial) record(s State) error {
	var latents []counterfactual.Grid
	var pictures []counterfactual.Picture
	if counterfactual.IsFrame(s.Index, s.Total, t.frames) {
		var err error
		if s.Latent != nil {
			if latents, err = counterfactual.Grids(s.Latent); err != nil {
				return err
			}
		}
		if s.Image != nil {
			if pictures, err = counterfactual.Unbatch(s.Image); err != nil {
				return err
			}
		}
	}
	results, open := t.results, t.open
	if s.Only != nil {
		results, open = results[*s.Only:*s.Only+1], open[*s.Only:*s.Only+1]
	}
	for i, r := range results {
		step := counterfactual.Step{Problem: open[i], Stage: s.Stage, Index: s.Index, Total: s.Total}
		if s.Loss != nil {
			step.Loss = float64(s.Loss[i])
		}
		if s.Probability != nil {
			step.TargetProbability = float64(s.Probability[i])
		}
		if math.IsNaN(step.Loss) || math.IsNaN(step.TargetProbability) {
			return fmt.Errorf("%s, step %d of %d: the loss is NaN (seed %d): the search diverged; lower its weights or steps",
				s.Stage, s.Index+1, s.Total, r.Seed)
		}
		if latents != nil {
			step.Latent = &latents[i]
		}
		if pictures != nil {
			step.Decoded = &pictures[i]
		}
		r.Steps = append(r.Steps, step)
		if t.observe != nil {
			if err := t.observe(step); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish decodes what was found and asks the classifier, also of the pictures with the original pasted around the mask.
func (t *trial) finish(f *found) error {
	if f.pictures == nil {
		defer nn.Free(f.latent)
		out, err := t.decode.Call1(t.models.Params(), f.latent)
		if err != nil {
			return err
		}
		defer nn.Free(out)
		if f.pictures, err = counterfactual.Unbatch(out); err != nil {
			return fmt.Errorf("counterfactual: %w", err)
		}
	}
	after, err := t.predictor.Probabilities(f.pictures...)
	if err != nil {
		return err
	}
	for i, r := range t.results {
		r.Counterfactual, r.After = f.pictures[i], after[i]
		if f.latentMasks != nil {
			r.LatentMask = f.latentMasks[i]
		}
		if f.activations != nil {
			r.ActivationMap = f.activations[i]
		}
	}
	if f.masks != nil {
		if err := t.paste(f.masks); err != nil {
			return err
		}
	}
	t.mark("decode")
	return nil
}

func (t *trial) paste(masks []*counterfactual.Grid) error {
	var pasted []counterfactual.Picture
	for i, r := range t.results {
		r.Mask = masks[i]
		pasted = append(pasted, Paste(r.Counterfactual, r.Original, masks[i]))
	}
	after, err := t.predictor.Probabilities(pasted...)
	if err != nil {
		return err
	}
	for i, r := range t.results {
		r.Pasted = &counterfactual.Pasted{Picture: pasted[i], After: after[i]}
	}
	return nil
}

// mark adds the time since the last mark, shared among the problems, to a stage.
func (t *trial) mark(stage string) {
	now := time.Now()
	each := now.Sub(t.lap) / time.Duration(len(t.problems))
	t.lap = now
	for _, r := range t.results {
		at := slices.IndexFunc(r.Timings, func(s counterfactual.Timing) bool { return s.Stage == stage })
		if at < 0 {
			r.Timings = append(r.Timings, counterfactual.Timing{Stage: stage})
			at = len(r.Timings) - 1
		}
		r.Timings[at].Duration += each
	}
}
