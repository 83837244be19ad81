package eced

import (
	"context"
	"testing"

	"otherwise/counterfactual"
)

// Without guidance and with nothing fitted, a pass with the noise that inversion finds ends at the reconstruction, whatever the seed.
func TestInversionComesBack(t *testing.T) {
	distance := map[string]float64{}
	for _, abduction := range []string{counterfactual.AbductionNoise, counterfactual.AbductionInversion} {
		o := quick()
		o.Abduction, o.BackgroundSteps, o.Iterations, o.DenoiseSteps, o.GuidanceScale = abduction, -1, 1, 30, new(0.0)
		method := goldenMethod(t, o)
		problem := toyProblem(t, method)
		result, err := method.Explain(context.Background(), problem, nil)
		if err != nil {
			t.Fatal(err)
		}
		distance[abduction] = largestDifference(result.Counterfactual.Values, result.Reconstruction.Values)
		problem.Seed++
		again, err := method.Explain(context.Background(), problem, nil)
		if err != nil {
			t.Fatal(err)
		}
		if same := largestDifference(result.Counterfactual.Values, again.Counterfactual.Values) == 0; same != (abduction == counterfactual.AbductionInversion) {
			t.Errorf("%s: another seed gives the same picture: %v", abduction, same)
		}
	}
	if distance[counterfactual.AbductionInversion] > 0.02 || distance[counterfactual.AbductionNoise] < 5*distance[counterfactual.AbductionInversion] {
		t.Errorf("largest difference from the reconstruction: %v", distance)
	}
}

func TestInvertedNoiseOfABatchIsThatOfEach(t *testing.T) {
	o := quick()
	o.Abduction = counterfactual.AbductionInversion
	method := goldenMethod(t, o)
	problem := toyProblem(t, method)
	alone, err := method.Explain(context.Background(), problem, nil)
	if err != nil {
		t.Fatal(err)
	}
	together, err := method.ExplainBatch(context.Background(), []counterfactual.Problem{problem, problem}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range together {
		if d := largestDifference(alone.Counterfactual.Values, r.Counterfactual.Values); d > 1e-3 {
			t.Errorf("picture %d of the batch differs by %g", i, d)
		}
	}
}
