package eced

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"otherwise/cam"
	"otherwise/counterfactual"
)

// Thresholds returns those that are looked at where none are given: 0.1 to 0.9.
func Thresholds() []float64 { return []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9} }

// SearchOptions are the settings of [Method.SearchThreshold].
type SearchOptions struct {
	Deltas []float64 // thresholds; [Thresholds]
	// Confidence is the target's probability that a counterfactual must reach; Options.Confidence. A trial ends once it does.
	Confidence float64
}

// Trial is what one threshold came to.
type Trial struct {
	Delta       float64
	Foreground  float64 // share of the latent's positions that may change
	Probability float64 // of the target, at the end
	Iterations  int     // of stage C
	Reached     bool
	Why         string // the mask is empty, or all of the picture; else empty
}

func (t Trial) String() string {
	verdict := "not reached"
	switch {
	case t.Why != "":
		return fmt.Sprintf("%g: %s", t.Delta, t.Why)
	case t.Reached:
		verdict = "reached"
	}
	return fmt.Sprintf("%g: %.0f %% foreground, %s (%.2f after %d iterations)", t.Delta, 100*t.Foreground, verdict, t.Probability, t.Iterations)
}

// Search is a search's result.
type Search struct {
	// Result is the counterfactual of the largest threshold that reaches the target; where none does, that of the last trial that
	// had a mask. Its Steps are those of its own trial, its Timings those of the whole search.
	Result *counterfactual.Result
	Found  bool    // whether any threshold reaches the target
	Delta  float64 // of Result
	Path   []Trial // in the order in which they were made
}

// SearchThreshold finds the largest threshold, and so the smallest region, whose counterfactual still reaches the target with
// confidence, by bisection: a larger region makes it easier to reach. The activation map is made once; stages B and C of a trial
// begin where the last one with a mask has come to, unless Options.ColdTrials says otherwise. The method is ours: the paper sets the threshold by hand, which it calls a
// limitation.
func (m *Method) SearchThreshold(ctx context.Context, p counterfactual.Problem, o SearchOptions, observe counterfactual.Observer) (*Search, error) {
	r, err := m.begin(p, observe)
	if err != nil {
		return nil, err
	}
	defer r.free()
	return r.search(ctx, o)
}

// search is SearchThreshold on a run that has begun.
func (r *run) search(ctx context.Context, o SearchOptions) (*Search, error) {
	begun := time.Now()
	deltas := slices.Sorted(slices.Values(o.Deltas))
	if len(deltas) == 0 {
		deltas = Thresholds()
	}
	stopping := *r.Method
	stopping.options.StopAt = cmp.Or(o.Confidence, r.options.Confidence)
	r.Method = &stopping
	var activation *counterfactual.Grid
	if err := r.stage(ctx, "activation map", func(ctx context.Context) (err error) {
		activation, err = r.regionMap(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	s := &Search{}
	var warm *run
	defer func() {
		if warm != nil {
			warm.freeScene()
		}
	}()
	for low, high := -1, len(deltas); high-low > 1; {
		middle := (low + high) / 2
		trial, t, err := r.try(ctx, activation, deltas[middle], warm)
		if err != nil {
			return nil, fmt.Errorf("eced, threshold %g: %w", deltas[middle], err)
		}
		s.Path = append(s.Path, t)
		if trial != nil {
			if warm != nil {
				warm.freeScene()
			}
			warm = trial
			if t.Reached || s.Result == nil || !s.Found {
				s.Result, s.Delta, s.Found = trial.result, t.Delta, t.Reached
			}
		}
		if t.Reached || t.Why == wholePicture {
			low = middle
		} else {
			high = middle
		}
	}
	if s.Result == nil {
		return nil, fmt.Errorf("eced: no threshold of %v makes a region: %s", deltas, s.path())
	}
	s.Result.Timings = append(s.Result.Timings, counterfactual.Timing{Stage: "other thresholds", Duration: time.Since(begun) - s.Result.Elapsed()})
	s.Result.Note = strings.TrimSpace(s.Result.Note + " Threshold searched: " + s.path() + ".")
	return s, nil
}

// Why a trial has no mask.
const (
	wholePicture = "the region is the whole picture"
	noRegion     = "the region is empty"
)

// try makes stages B and C at a threshold, from where warm has come to unless trials are cold. A threshold without a region is a
// trial without a run.
func (r *run) try(ctx context.Context, activation *counterfactual.Grid, delta float64, warm *run) (*run, Trial, error) {
	result := *r.result
	result.Timings = slices.Clone(result.Timings)
	trial := *r
	trial.result = &result
	if !r.options.ColdTrials {
		trial.warm = warm
	}
	t := Trial{Delta: delta}
	switch err := trial.cutRegion(activation, delta); {
	case errors.Is(err, cam.ErrAllForeground):
		t.Why = wholePicture
		return nil, t, nil
	case errors.Is(err, cam.ErrNoForeground):
		t.Why = noRegion
		return nil, t, nil
	case err != nil:
		return nil, t, err
	}
	if err := r.complete(ctx, []*run{&trial}); err != nil {
		trial.freeScene()
		return nil, t, err
	}
	for _, v := range result.LatentMask.Values {
		t.Foreground += float64(v) / float64(len(result.LatentMask.Values))
	}
	for _, step := range result.Steps {
		if step.Stage == "adversarial" {
			t.Iterations++
		}
	}
	t.Probability = result.After[result.Target]
	t.Reached = result.Flipped() && t.Probability >= r.options.StopAt
	trial.warm = nil // it is freed before this run is
	return &trial, t, nil
}

func (s *Search) path() string {
	var words []string
	for _, t := range s.Path {
		words = append(words, t.String())
	}
	return strings.Join(words, "; ")
}
