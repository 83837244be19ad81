package bundle_test

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"

	"otherwise/bundle"
	"otherwise/counterfactual"
)

// garments are problems of n drawn shapes, some like trousers, some like boxes, each to become what the classifier finds second most
// likely.
func garments(t *testing.T, b *bundle.Bundle, n int) []counterfactual.Problem {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var problems []counterfactual.Problem
	for i := range n {
		img := image.NewGray(image.Rect(0, 0, 28, 28))
		fill := func(x0, y0, x1, y1 int, grey uint8) {
			draw.Draw(img, image.Rect(x0, y0, x1, y1), image.NewUniform(color.Gray{Y: grey}), image.Point{}, draw.Src)
		}
		left, top := 4+random.IntN(5), 2+random.IntN(8)
		fill(left, top, 28-left, 26, uint8(120+random.IntN(120)))
		if i%2 == 0 {
			fill(13, top+6, 15, 26, 0)
		}
		p, err := b.Picture(img)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := counterfactual.NewPredictor(b.Models).Probabilities(p)
		if err != nil {
			t.Fatal(err)
		}
		problems = append(problems, counterfactual.Problem{Picture: p, Target: counterfactual.RunnerUp(rows[0]), Seed: uint64(10 * i)})
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
