package bundle_test

import (
	"cmp"
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets/picture"
)

// garments are n problems: the test pictures in turn, each to become what the classifier finds most likely but one, but two and so on.
func garments(t *testing.T, b *bundle.Bundle, n int) []counterfactual.Problem {
	t.Helper()
	files, err := filepath.Glob("../testdata/pictures/*.png")
	if err != nil || len(files) == 0 {
		t.Fatal("no test pictures", err)
	}
	var problems []counterfactual.Problem
	for i := range n {
		img, err := picture.Open(files[i%len(files)], picture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.Picture(img)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := counterfactual.NewPredictor(b.Models).Probabilities(p)
		if err != nil {
			t.Fatal(err)
		}
		classes := make([]int, len(rows[0]))
		for c := range classes {
			classes[c] = c
		}
		slices.SortFunc(classes, func(a, b int) int { return cmp.Compare(rows[0][b], rows[0][a]) })
		problems = append(problems, counterfactual.Problem{Picture: p, Target: classes[1+i/len(files)], Seed: uint64(10 * i)})
	}
	return problems
}

// Same seed, same picture, for batches of 1, 4 and 7 (at most 1e-4 of the range of values).
func TestBatchesGiveWhatSinglePicturesGive(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles six U-Nets with their gradients")
	}
	b := open(t)
	problems := garments(t, b, 7)
	for name, options := range map[string]string{
		"ldce": `{"ddim_steps": 20, "strength": 0.3}`,
		"eced": `{"background_steps": 2, "denoise_steps": 2, "ddim_steps": 10, "iterations": 3, "stop_at": 0.6}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each compiles for three sizes, on one core
			m, err := b.Method(name, []byte(options))
			if err != nil {
				t.Fatal(err)
			}
			batched := m.(interface {
				ExplainBatch(context.Context, []counterfactual.Problem, counterfactual.Observer) ([]*counterfactual.Result, error)
			})
			var alone []*counterfactual.Result
			for _, p := range problems {
				r, err := m.Explain(t.Context(), p, nil)
				if err != nil {
					t.Fatal(err)
				}
				alone = append(alone, r)
			}
			for _, size := range []int{4, 7} {
				seen := map[int]int{}
				together, err := batched.ExplainBatch(t.Context(), problems[7-size:], func(s counterfactual.Step) error {
					seen[s.Problem]++
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				for i, r := range together {
					want, worst := alone[7-size+i], 0.0
					for k, v := range r.Counterfactual.Values {
						worst = max(worst, math.Abs(float64(v-want.Counterfactual.Values[k])))
					}
					t.Logf("%s, batch of %d, picture %d: %.1e apart", name, size, i, worst)
					if worst > 1e-4 || r.Seed != want.Seed || r.Target != want.Target {
						t.Errorf("in a batch of %d, picture %d is %g apart from the one made alone", size, i, worst)
					}
					if len(r.Steps) != len(want.Steps) || seen[i] != len(want.Steps) {
						t.Errorf("in a batch of %d, picture %d: %d steps in the trace, %d seen; alone %d", size, i, len(r.Steps), seen[i], len(want.Steps))
					}
				}
			}
		})
	}
}
