package diagnose

import (
	"context"
	"math"
	"slices"
	"testing"

	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/ldce"
)

func TestConsensusCountsAngles(t *testing.T) {
	nan := float32(math.NaN())
	r := &counterfactual.Result{Steps: []counterfactual.Step{
		{Index: 0, Kept: &counterfactual.Grid{Height: 1, Width: 4, Channels: 1, Values: []float32{1, 1, 0, 1}},
			Cosines: &counterfactual.Grid{Height: 1, Width: 4, Channels: 1, Values: []float32{1, 0.001, -1, nan}}},
		{Index: 1, Kept: &counterfactual.Grid{Height: 1, Width: 1, Channels: 1, Values: []float32{0}}},
	}}
	found, err := Agree(r)
	if err != nil {
		t.Fatal(err)
	}
	got := found.Steps
	want := make([]int, AngleBins)
	want[0], want[8], want[17] = 1, 1, 1
	if got[0].Kept != 0.75 || got[0].Undefined != 1 || !slices.Equal(got[0].Angles, want) {
		t.Errorf("got %+v", got[0])
	}
	if got[1].Kept != 0 || got[1].Angles != nil {
		t.Errorf("a step that is no frame: %+v", got[1])
	}
	if _, err := Agree(&counterfactual.Result{Steps: []counterfactual.Step{{Stage: "adversarial"}}}); err == nil {
		t.Error("another method's result is no error")
	}
}

// Of LDCE's own steps, those locations are kept whose angle is at most gamma.
func TestConsensusOfLDCE(t *testing.T) {
	const goldens = "../testdata/golden"
	m := toy.Models(t, goldens, toy.Options{})
	method, err := ldce.New(m, ldce.Options{DDIMSteps: 20, Strength: new(0.1), Gamma: new(60.0), TraceFrames: 1})
	if err != nil {
		t.Fatal(err)
	}
	pictures, err := counterfactual.Unbatch(golden.Open(t, goldens+"/ldce_traj_cls.safetensors").Tensor("x01"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := counterfactual.NewPredictor(m).Probabilities(pictures[0])
	if err != nil {
		t.Fatal(err)
	}
	r, err := method.Explain(context.Background(), counterfactual.Problem{Picture: pictures[0], Target: counterfactual.RunnerUp(rows[0])}, nil)
	if err != nil {
		t.Fatal(err)
	}
	agreed, err := Agree(r)
	if err != nil {
		t.Fatal(err)
	}
	steps := agreed.Steps
	if len(steps) != 2 || steps[0].Angles != nil || steps[1].Angles == nil {
		t.Fatalf("%d steps, angles in the first: %v", len(steps), steps[0].Angles)
	}
	kept := steps[1].Undefined
	for _, n := range steps[1].Angles[:AngleBins/3] {
		kept += n
	}
	if got := float64(kept) / 64; math.Abs(got-steps[1].Kept) > 1e-6 {
		t.Errorf("%g of the angles are at most 60 degrees, %g of the locations kept", got, steps[1].Kept)
	}
}
