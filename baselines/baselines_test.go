package baselines_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"otherwise/baselines"
	"otherwise/counterfactual"
)

func TestEveryMethodIsDescribedAndExplains(t *testing.T) {
	m := models(t)
	p := problems(t, m, 1)[0]
	methods := quick(t)
	for _, d := range baselines.Descriptions() {
		t.Run(d.Name, func(t *testing.T) {
			method, ok := methods[d.Name]
			if !ok || method.Title() != d.Title {
				t.Fatalf("described as %q, which the tests lack or another title has", d.Title)
			}
			steps := 0
			r, err := method.Explain(t.Context(), p, func(s counterfactual.Step) error {
				if steps++; s.Total < 1 || s.Index >= s.Total || s.Stage == "" {
					t.Errorf("step %+v", s)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Title != d.Title || r.Method != d.Name || r.Seed != p.Seed || len(r.After) != 5 || steps != len(r.Steps) || r.Seconds() <= 0 {
				t.Errorf("result %q (%s) of seed %d with %d probabilities, %d of %d steps kept", r.Title, r.Method, r.Seed, len(r.After), len(r.Steps), steps)
			}
			if largestDifference(r.Original, r.Counterfactual) == 0 {
				t.Error("nothing changed")
			}
			if (r.Mask == nil) != (r.Pasted == nil) || (r.Mask == nil) != (r.LatentMask == nil) {
				t.Error("mask, latent mask and pasted picture don't come together")
			}
			if r.Mask != nil {
				checkPasted(t, r)
			}
			if raw, err := json.Marshal(r.Options); err != nil || !strings.Contains(string(raw), "trace_frames\":8") {
				t.Errorf("options %s, %v: want them with defaults filled in", raw, err)
			}
			again, err := method.Explain(t.Context(), p, nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := largestDifference(r.Counterfactual, again.Counterfactual); d != 0 {
				t.Errorf("the same seed gave pictures that differ by %g", d)
			}
		})
	}
	if _, err := baselines.Describe("guess"); err == nil || !strings.Contains(err.Error(), "maskdime") {
		t.Errorf("unknown name: %v", err)
	}
}

// checkPasted wants the original where the mask is 0, the counterfactual elsewhere.
func checkPasted(t *testing.T, r *counterfactual.Result) {
	t.Helper()
	for i, v := range r.Pasted.Picture.Values {
		want := r.Original.Values[i]
		if r.Mask.Values[i/r.Original.Channels] == 1 {
			want = r.Counterfactual.Values[i]
		}
		if v != want {
			t.Fatalf("pasted value %d is %g, want %g", i, v, want)
		}
	}
}

// Same seed, same picture, whatever else is in the batch.
func TestBatchesGiveWhatSinglePicturesGive(t *testing.T) {
	m := models(t)
	pictures := problems(t, m, 7)
	for name, method := range quick(t) {
		t.Run(name, func(t *testing.T) {
			single, err := method.Explain(t.Context(), pictures[3], nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, size := range []int{4, 7} {
				results, err := method.ExplainBatch(t.Context(), pictures[:size], nil)
				if err != nil {
					t.Fatal(err)
				}
				if d := largestDifference(single.Counterfactual, results[3].Counterfactual); d > 1e-4 {
					t.Errorf("in a batch of %d the picture differs by %g from the one made alone", size, d)
				}
				for i, r := range results {
					if r.Seed != pictures[i].Seed || r.Target != pictures[i].Target || len(r.Steps) == 0 || len(r.After) == 0 {
						t.Errorf("result %d of %d is out of order or empty", i, size)
					}
				}
			}
		})
	}
}

func TestStopsWithinOneStep(t *testing.T) {
	m := models(t)
	p := problems(t, m, 1)[0]
	for name, method := range quick(t) {
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		_, err := method.Explain(ctx, p, func(counterfactual.Step) error {
			if steps++; steps == 2 {
				cancel()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) || steps != 2 || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s: cancelled at step 2: %d steps made, error %v", name, steps, err)
		}
		enough := errors.New("enough")
		if _, err := method.Explain(t.Context(), p, func(counterfactual.Step) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("%s: an observer's error was lost: %v", name, err)
		}
	}
}

func TestPrepareCompilesForTheFirstPicture(t *testing.T) {
	m := models(t)
	p := problems(t, m, 1)[0]
	for name, method := range quick(t) {
		if err := method.Prepare(t.Context(), p.Picture); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTargetIsPredictedClass(t *testing.T) {
	m := models(t)
	p := problems(t, m, 1)[0]
	rows, err := counterfactual.NewPredictor(m).Probabilities(p.Picture)
	if err != nil {
		t.Fatal(err)
	}
	p.Target = counterfactual.ArgMax(rows[0])
	for name, method := range quick(t) {
		var same *counterfactual.SameClassError
		if _, err := method.Explain(t.Context(), p, nil); !errors.As(err, &same) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Attempts after the first are made for those pictures only that were not flipped, and begin where the first began.
func TestAttemptsFollowEachOther(t *testing.T) {
	m := models(t)
	pictures := problems(t, m, 4)
	method, err := baselines.NewFastDiME(m, baselines.FastDiMEOptions{NoMasks: true,
		DiMEOptions: baselines.DiMEOptions{Steps: 20, Tau: 6, LambdaC: []float64{1e-6, 40}, Lambda1: new(0.0), LambdaP: new(0.0)}})
	if err != nil {
		t.Fatal(err)
	}
	results, err := method.ExplainBatch(t.Context(), pictures, nil)
	if err != nil {
		t.Fatal(err)
	}
	second := 0
	for i, r := range results {
		tried := map[string]int{}
		for _, s := range r.Steps {
			tried[s.Stage]++
		}
		if tried["denoise, lambda_c 1e-06"] != 6 || len(tried) > 2 {
			t.Errorf("picture %d: steps by stage %v", i, tried)
		}
		if len(tried) == 2 {
			second++
			alone, err := baselines.NewFastDiME(m, baselines.FastDiMEOptions{NoMasks: true,
				DiMEOptions: baselines.DiMEOptions{Steps: 20, Tau: 6, LambdaC: []float64{40}, Lambda1: new(0.0), LambdaP: new(0.0)}})
			if err != nil {
				t.Fatal(err)
			}
			want, err := alone.Explain(t.Context(), pictures[i], nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := largestDifference(r.Counterfactual, want.Counterfactual); d > 1e-4 {
				t.Errorf("picture %d: the second attempt differs by %g from one with its lambda_c alone", i, d)
			}
		} else if !r.Flipped() {
			t.Errorf("picture %d was not flipped and not tried again", i)
		}
	}
	if second == 0 {
		t.Error("no picture needed a second attempt: the test shows nothing")
	}
}
