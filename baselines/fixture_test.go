package baselines_test

import (
	"context"
	"math"
	"testing"

	"otherwise/baselines"
	"otherwise/counterfactual"
	"otherwise/internal/toy"
)

const goldens = "../testdata/golden"

// method is a method of this package.
type method interface {
	counterfactual.Method
	Title() string
	ExplainBatch(ctx context.Context, problems []counterfactual.Problem, observe counterfactual.Observer) ([]*counterfactual.Result, error)
}

// quick are all methods with options that keep a run on the toy stack short. They are made once: compiling takes longest.
func quick(t *testing.T) map[string]method {
	t.Helper()
	if all != nil {
		return all
	}
	m := models(t)
	dime := baselines.DiMEOptions{Steps: 20, Tau: 3, LambdaC: []float64{8, 15}}
	made := map[string]method{}
	add := func(one method, err error) {
		if err != nil {
			t.Fatal(err)
		}
		made[one.Name()] = one
	}
	add(baselines.NewDVCE(m, baselines.DVCEOptions{Steps: 20, Strength: new(0.15), Augmentations: 3}))
	add(baselines.NewSVCE(m, baselines.SVCEOptions{Iterations: 3}))
	add(baselines.NewDiME(m, dime))
	add(baselines.NewACE(m, baselines.ACEOptions{Tau: new(2), Iterations: 2}))
	add(baselines.NewACE(m, baselines.ACEOptions{Tau: new(0), Iterations: 3}))
	add(baselines.NewFastDiME(m, baselines.FastDiMEOptions{DiMEOptions: dime, Warmup: new(1)}))
	add(baselines.NewMaskDiME(m, baselines.MaskDiMEOptions{DiMEOptions: dime}))
	add(baselines.NewPGD(m, baselines.PGDOptions{Iterations: 3}))
	add(baselines.NewBLD(m, baselines.BLDOptions{ForegroundShare: 0.4, Steps: 4, Reconstruct: "latents", ReconstructSteps: 2}))
	all = made
	return all
}

var all map[string]method

// problems are pictures of waves, each to become the class that the classifier finds second most likely.
func problems(t *testing.T, m counterfactual.Models, n int) []counterfactual.Problem {
	t.Helper()
	var pictures []counterfactual.Picture
	for k := range n {
		p := counterfactual.Picture{Height: 32, Width: 32, Channels: 3}
		for i := range 32 * 32 * 3 {
			y, x, c := i/96, i/3%32, i%3
			p.Values = append(p.Values, float32(0.5+0.5*math.Sin(0.3*float64(k+1)*float64(x)/2+0.2*float64(y)+float64(c+k))))
		}
		pictures = append(pictures, p)
	}
	rows, err := counterfactual.NewPredictor(m).Probabilities(pictures...)
	if err != nil {
		t.Fatal(err)
	}
	var out []counterfactual.Problem
	for k, p := range pictures {
		out = append(out, counterfactual.Problem{Picture: p, Target: counterfactual.RunnerUp(rows[k]), Seed: uint64(k + 5)})
	}
	return out
}

func models(t *testing.T) counterfactual.Models { return toy.Models(t, goldens, toy.Options{}) }

func largestDifference(a, b counterfactual.Picture) float64 {
	worst := 0.0
	for i := range a.Values {
		worst = max(worst, math.Abs(float64(a.Values[i]-b.Values[i])))
	}
	return worst
}
