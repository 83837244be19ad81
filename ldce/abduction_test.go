package ldce

import (
	"context"
	"testing"

	"otherwise/counterfactual"
	"otherwise/internal/toy"
)

// Without guidance, denoising from an inverted latent ends at the reconstruction, and no seed matters.
func TestInversionComesBack(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	problem := toyProblems(t, m)[0]
	distance := map[string]float64{}
	for _, abduction := range []string{counterfactual.AbductionNoise, counterfactual.AbductionInversion} {
		method, err := New(m, Options{DDIMSteps: 50, Strength: new(0.6), GuidanceScale: new(0.0), EncodeMean: true, Abduction: abduction})
		if err != nil {
			t.Fatal(err)
		}
		result, err := method.Explain(context.Background(), problem, nil)
		if err != nil {
			t.Fatal(err)
		}
		distance[abduction] = largestDifference(result.Counterfactual, result.Reconstruction)
		other := problem
		other.Seed++
		again, err := method.Explain(context.Background(), other, nil)
		if err != nil {
			t.Fatal(err)
		}
		if same := largestDifference(result.Counterfactual, again.Counterfactual) == 0; same != (abduction == counterfactual.AbductionInversion) {
			t.Errorf("%s: another seed gives the same picture: %v", abduction, same)
		}
	}
	if distance[counterfactual.AbductionInversion] > 0.02 || distance[counterfactual.AbductionNoise] < 5*distance[counterfactual.AbductionInversion] {
		t.Errorf("largest difference from the reconstruction: %v", distance)
	}
}

func TestInversionStops(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	method, err := New(m, Options{DDIMSteps: 10, Abduction: counterfactual.AbductionInversion})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := method.Explain(ctx, toyProblems(t, m)[0], nil); err == nil {
		t.Error("no error")
	}
}
