package ldce

import (
	"context"
	"testing"

	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/livebuffers"
	"otherwise/internal/toy"
)

// In every stage a cancelled run ends within one step, and gives its memory back.
func TestStopsInEveryStageAndFreesMemory(t *testing.T) {
	backend := livebuffers.Wrap(golden.Backend(t))
	m, err := toy.Load(backend, goldens, toy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	problems := toyProblems(t, m)
	for name, o := range map[string]Options{
		"noise":     {DDIMSteps: 20, Strength: new(0.3), Eta: 0.5, Recurrence: 2, OverwriteBy: OverwriteNoise},
		"inversion": {DDIMSteps: 20, Strength: new(0.3), Abduction: counterfactual.AbductionInversion},
	} {
		t.Run(name, func(t *testing.T) {
			method, err := New(m, o)
			if err != nil {
				t.Fatal(err)
			}
			livebuffers.CheckStops(t, backend, 3, func(ctx context.Context) error {
				_, err := method.ExplainBatch(ctx, problems, nil)
				return err
			})
		})
	}
}
