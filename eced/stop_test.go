package eced

import (
	"context"
	"testing"

	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/livebuffers"
	"otherwise/internal/toy"
)

// In every stage, the search for a threshold included, a cancelled run ends within one step, and gives its memory back.
func TestStopsInEveryStageAndFreesMemory(t *testing.T) {
	backend := livebuffers.Wrap(golden.Backend(t))
	m, err := toy.Load(backend, goldens, toy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	searching := quick()
	searching.AutoDelta, searching.ForegroundShare, searching.Confidence, searching.Iterations = true, 0, 0.6, 2
	inverting := quick()
	inverting.Region, inverting.Abduction = counterfactual.RegionDiffEdit, counterfactual.AbductionInversion
	for name, o := range map[string]Options{"region, background and adversary": quick(), "search": searching, "difference and inversion": inverting} {
		t.Run(name, func(t *testing.T) {
			method, err := New(m, o)
			if err != nil {
				t.Fatal(err)
			}
			p := toyProblem(t, method)
			other := p
			other.Seed++
			livebuffers.CheckStops(t, backend, 4, func(ctx context.Context) error {
				_, err := method.ExplainBatch(ctx, []counterfactual.Problem{p, other}, nil)
				return err
			})
			before := backend.Live()
			if err := method.Prepare(t.Context(), p.Picture); err != nil || backend.Live() != before {
				t.Errorf("Prepare leaves %d buffers more, error %v", backend.Live()-before, err)
			}
		})
	}
}
