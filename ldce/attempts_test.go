package ldce

import (
	"context"
	"testing"

	"otherwise/counterfactual"
	"otherwise/internal/toy"
)

// Each problem of a batch has the first scale that solves it, and what that scale alone would give.
func TestGuidanceScales(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	problems := toyProblems(t, m)
	options := Options{DDIMSteps: 20, Strength: new(0.5), LambdaC: new(4.0), NoConsensus: true, LambdaD: new(0.0)}
	alone := func(scale float64) []*counterfactual.Result {
		o := options
		o.GuidanceScale = &scale
		return explainAll(t, m, o, problems)
	}
	weak, strong := alone(0), alone(6)
	// certainty between what the two scales reach for the first problem
	target := problems[0].Target
	certainty := (weak[0].After[target] + strong[0].After[target]) / 2
	if weak[0].After[target] >= certainty {
		t.Fatalf("guidance lowers the target's probability: %g, %g", weak[0].After[target], strong[0].After[target])
	}
	options.GuidanceScales, options.Certainty = []float64{0, 6}, certainty
	for i, result := range explainAll(t, m, options, problems) {
		want, scale := weak[i], 0.0
		if target := problems[i].Target; weak[i].After[target] < certainty && strong[i].After[target] > weak[i].After[target] {
			want, scale = strong[i], 6
		}
		if d := largestDifference(result.Counterfactual, want.Counterfactual); d != 0 {
			t.Errorf("problem %d: differs by %g from scale %g alone", i, d, scale)
		}
		if got := *result.Options.(Options).GuidanceScale; got != scale {
			t.Errorf("problem %d: the options name scale %g, not %g", i, got, scale)
		}
		if len(result.Steps) != len(want.Steps) || len(result.Timings) != len(want.Timings) {
			t.Errorf("problem %d: %d steps and %d stages, alone %d and %d", i, len(result.Steps), len(result.Timings), len(want.Steps), len(want.Timings))
		}
	}
}

func explainAll(t *testing.T, m counterfactual.Models, o Options, problems []counterfactual.Problem) []*counterfactual.Result {
	t.Helper()
	method, err := New(m, o)
	if err != nil {
		t.Fatal(err)
	}
	results, err := method.ExplainBatch(context.Background(), problems, nil)
	if err != nil {
		t.Fatal(err)
	}
	return results
}
