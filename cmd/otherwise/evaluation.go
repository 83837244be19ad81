package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"

	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/metrics"
)

// evaluation explains many test pictures and notes how each ended.
type evaluation struct {
	bench    *bench
	set      datasets.Labelled
	log      *evaluationLog
	choose   chooser                  // of targets; nil: as [evaluation.target] has it
	embedder *counterfactual.Embedder // nil: similarity isn't measured
	truth    *truthMeter              // nil: the true counterfactuals aren't known
	seed     uint64
	told     io.Writer // gets a line for each picture
}

// firstOfEachClass gives the numbers of n pictures: the first of every class, then the second of every class, and so on.
// So more pictures never change which ones were taken before.
func firstOfEachClass(labels []int, n int) []int {
	type ranked struct{ rank, label, index int }
	seen := map[int]int{}
	all := make([]ranked, len(labels))
	for i, label := range labels {
		all[i] = ranked{seen[label], label, i}
		seen[label]++
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.label, b.label))
	})
	chosen := []int{}
	for _, r := range all[:min(n, len(all))] {
		chosen = append(chosen, r.index)
	}
	return chosen
}

// run explains the pictures with one method, as many at once as there are cores. Only what ends the whole evaluation is
// an error: the context, the data, the log. What a method can't explain is an outcome with a failure.
func (e *evaluation) run(ctx context.Context, method counterfactual.Method, indices []int) ([]outcome, error) {
	outcomes := make([]outcome, len(indices))
	todo := []int{}
	for n, index := range indices {
		o, finished := e.log.find(method.Name(), index)
		if outcomes[n] = o; !finished {
			todo = append(todo, n)
		}
	}
	if len(todo) == 0 {
		return outcomes, nil
	}
	if err := e.prepare(ctx, method, indices[todo[0]]); err != nil { // seconds are not to hold the time of compiling
		return nil, err
	}
	running, ctx := errgroup.WithContext(ctx)
	running.SetLimit(runtime.NumCPU())
	var mu sync.Mutex // of the log and the lines told
	begun, ended := time.Now(), 0
	for _, n := range todo {
		running.Go(func() error {
			o, err := e.explain(ctx, method, indices[n])
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if err := e.log.add(o); err != nil {
				return err
			}
			outcomes[n] = o
			ended++
			left := time.Since(begun) / time.Duration(ended) * time.Duration(len(todo)-ended)
			fmt.Fprintf(e.told, "%d of %d  %s, about %s left\n", len(indices)-len(todo)+ended, len(indices), o, left.Round(time.Second))
			return nil
		})
	}
	return outcomes, running.Wait()
}

// picture reads a test picture as the models take it.
func (e *evaluation) picture(index int) (counterfactual.Picture, int, error) {
	sample, err := e.set.Sample(index)
	if err != nil {
		return counterfactual.Picture{}, 0, err
	}
	pic, err := e.bench.Picture(sample.Image)
	if err != nil {
		return counterfactual.Picture{}, 0, fmt.Errorf("%s: %w", sample.ID, err)
	}
	return pic, sample.Label, nil
}

func (e *evaluation) prepare(ctx context.Context, method counterfactual.Method, index int) error {
	pic, _, err := e.picture(index)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.told, compiling)
	return method.Prepare(ctx, pic)
}

// explain solves one picture.
func (e *evaluation) explain(ctx context.Context, method counterfactual.Method, index int) (outcome, error) {
	o := outcome{Method: method.Name(), Index: index, Seed: e.seed + uint64(index)}
	if ctx.Err() != nil {
		return o, fmt.Errorf("evaluation stopped at picture %d: %w", index, ctx.Err())
	}
	pic, label, err := e.picture(index)
	if err != nil {
		return o, err
	}
	probabilities, err := e.bench.classifier.Probabilities(pic)
	if err != nil {
		return o, fmt.Errorf("picture %d: %w", index, err)
	}
	target := e.target(probabilities[0])
	if e.choose != nil {
		if target, err = e.choose(ctx, pic, probabilities[0], o.Seed); err != nil {
			return o, fmt.Errorf("picture %d: %w", index, err)
		}
	}
	o.Label = e.set.Classes()[label]
	o.Predicted = e.bench.Classes[counterfactual.ArgMax(probabilities[0])]
	o.Target = e.bench.Classes[target]

	o.Steps = map[string]int{}
	r, err := method.Explain(ctx, counterfactual.Problem{Picture: pic, Target: target, Seed: o.Seed}, func(s counterfactual.Step) error {
		stage, _, _ := strings.Cut(s.Stage, ",") // what follows tells attempts apart
		o.Steps[stage]++
		return nil
	})
	if ctx.Err() != nil {
		return o, fmt.Errorf("evaluation stopped at picture %d: %w", index, ctx.Err())
	}
	if err != nil {
		o.Failure = err.Error()
		return o, nil
	}
	o.Flipped, o.After, o.Seconds = r.Flipped(), r.After[target], r.Seconds()
	o.distances = measure(r.Original, r.Counterfactual, r.Mask)
	if o.Confirmed, err = e.confirmed(r.Counterfactual, target, o.Flipped); err != nil {
		return o, err
	}
	curves, err := metrics.COUT([]counterfactual.Picture{r.Original}, []counterfactual.Picture{r.Counterfactual}, []int{r.Predicted}, []int{target},
		e.bench.classifier.Probabilities, metrics.COUTOptions{})
	if err != nil {
		return o, fmt.Errorf("picture %d: %w", index, err)
	}
	o.COUT = curves[0].COUT
	if o.Similarity, err = e.similarity(ctx, r); err != nil {
		return o, fmt.Errorf("picture %d: %w", index, err)
	}
	if e.truth != nil {
		if o.Truth, err = e.truth.measure(ctx, index, target, r); err != nil {
			return o, fmt.Errorf("picture %d: %w", index, err)
		}
	}
	if r.Pasted == nil {
		return o, nil
	}
	p := &pastedOutcome{Flipped: counterfactual.ArgMax(r.Pasted.After) == target, L1: measure(r.Original, r.Pasted.Picture, nil).L1}
	p.Confirmed, err = e.confirmed(r.Pasted.Picture, target, p.Flipped)
	o.Pasted = p
	return o, err
}

// target is the class to turn a picture into where the user chose nothing: in a world the partner of the predicted class, else the
// runner-up.
func (e *evaluation) target(probabilities []float64) int {
	if e.truth != nil {
		return e.truth.world.Partner(counterfactual.ArgMax(probabilities))
	}
	return counterfactual.RunnerUp(probabilities)
}

// similarity is the cosine of the features of original and counterfactual, nil without an encoder.
func (e *evaluation) similarity(ctx context.Context, r *counterfactual.Result) (*float64, error) {
	if e.embedder == nil {
		return nil, nil
	}
	features, err := e.embedder.Features(ctx, []counterfactual.Picture{r.Original, r.Counterfactual})
	if err != nil {
		return nil, err
	}
	cosine, err := metrics.MeanCosine(mat.NewDense(1, features.RawMatrix().Cols, features.RawRowView(0)),
		mat.NewDense(1, features.RawMatrix().Cols, features.RawRowView(1)))
	return &cosine, err
}

// confirmed reports whether a picture flipped and the judge agrees.
func (e *evaluation) confirmed(p counterfactual.Picture, target int, flipped bool) (bool, error) {
	agrees, _, err := e.bench.verdict(p, target)
	return flipped && agrees != nil && *agrees, err
}

// String describes the outcome in a line.
func (o outcome) String() string {
	text := fmt.Sprintf("%s  picture %d, seed %d: %s -> %s  ", o.Method, o.Index, o.Seed, o.Predicted, o.Target)
	switch {
	case o.Failure != "":
		return text + "failed: " + o.Failure
	case o.Confirmed:
		text += "flipped, confirmed"
	case o.Flipped:
		text += "flipped, not confirmed"
	default:
		text += "not flipped"
	}
	return text + fmt.Sprintf(", target %.3f, %.1f s", o.After, o.Seconds)
}
