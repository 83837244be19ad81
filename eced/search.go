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
	// had a mask. Its Steps are those of its own trial.
	Result *counterfactual.Result
	Found  bool    // whether any threshold reaches the target
	Delta  float64 // of Result
	Path   []Trial // in the order in which they were made
}

// SearchThreshold finds the largest threshold, and so the smallest region, whose counterfactual still reaches the target with
// confidence, by bisection: a larger region makes it easier to reach. The activation map is made once; stages B and C of a trial
// begin where the last one with a mask has come to. The method is ours: the paper sets the threshold by hand, which it calls a
// limitation.
func (m *Method) SearchThreshold(ctx context.Context, p counterfactual.Problem, o SearchOptions, observe counterfactual.Observer) (*Search, error) {
	deltas := slices.Sorted(slices.Values(o.Deltas))
	if len(deltas) == 0 {
		deltas = Thresholds()
	}
	searching := *m
	searching.options.StopAt = cmp.Or(o.Confidence, m.options.Confidence)
	r, err := searching.begin(p, observe)
	if err != nil {
		return nil, err
	}
	activation, err := m.mapper.Map(ctx, p.Picture, r.result.Predicted)
	if err != nil {
		return nil, fmt.Errorf("eced, activation map: %w", err)
	}
	mapped := time.Since(r.lap)
	s := &Search{}
	var warm *run
	for low, high := -1, len(deltas); high-low > 1; {
		middle := (low + high) / 2
		trial, t, err := r.try(ctx, activation, deltas[middle], warm)
		if err != nil {
			return nil, fmt.Errorf("eced, threshold %g: %w", deltas[middle], err)
		}
		s.Path = append(s.Path, t)
		if trial != nil {
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
	s.Result.Timings = append([]counterfactual.Timing{{Stage: "search", Duration: mapped}}, s.Result.Timings...)
	s.Result.Note = strings.TrimSpace(s.Result.Note + " Threshold searched: " + s.path() + ".")
	return s, nil
}

// Why a trial has no mask.
const (
	wholePicture = "the region is the whole picture"
	noRegion     = "the region is empty"
)

// try makes stages B and C at a threshold. A threshold without a region is a trial without a run.
func (r *run) try(ctx context.Context, activation *counterfactual.Grid, delta float64, warm *run) (*run, Trial, error) {
	result := *r.result
	trial := *r
	trial.result, trial.warm, trial.lap = &result, warm, time.Now()
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
	if _, err := trial.run(ctx, func(context.Context) error { return nil }); err != nil {
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
	trial.warm = nil // its latents are its own: earlier runs can go
	return &trial, t, nil
}

func (s *Search) path() string {
	var words []string
	for _, t := range s.Path {
		words = append(words, t.String())
	}
	return strings.Join(words, "; ")
}

// explainSearching is Explain with the threshold searched for.
func (m *Method) explainSearching(ctx context.Context, p counterfactual.Problem, observe counterfactual.Observer) (*counterfactual.Result, error) {
	s, err := m.SearchThreshold(ctx, p, SearchOptions{}, observe)
	if err != nil {
		return nil, err
	}
	return s.Result, nil
}
