package diagnose

import (
	"strings"
	"testing"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/eced"
)

// One run of ECED, looked at in three ways.
func TestLooksAtARun(t *testing.T) {
	m := models(t)
	method, err := eced.New(m, eced.Options{ForegroundShare: 0.4, BackgroundSteps: 5, Iterations: 4, DenoiseSteps: 2, Rate: new(0.05), TraceFrames: -1})
	r := explained(t, m, method, err)

	c, err := Converge(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.BackgroundLoss) != 5 || len(c.TargetProbability) != 4 || c.TargetProbability[3] != r.Steps[8].TargetProbability || c.BackgroundLoss[0] != r.Steps[0].Loss {
		t.Errorf("curves %+v", c)
	}
	if !strings.Contains(c.String(), "in 5 steps") || !strings.Contains(c.String(), "in 4 iterations") || len(c.Drawings()) != 1 {
		t.Errorf("%q", c)
	}

	e, err := Evolve(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Frames) != 4 || e.Frames[0].Moved != 0 || e.Frames[1].Moved == 0 || e.Frames[3].Step != 4 || e.Frames[3].Change == 0 || len(e.Drawings()) != 1 {
		t.Errorf("frames %+v", e.Frames)
	}

	a, err := Attend(t.Context(), m, r, cam.Options{Method: cam.GradCAM})
	if err != nil {
		t.Fatal(err)
	}
	if a.Options.Layer != "conv2" || a.After != nil && len(a.Drawings()) != 2 || a.String() == "" {
		t.Errorf("maps of layer %q, %d drawings", a.Options.Layer, len(a.Drawings()))
	}
	if v := float64(a.OnChange); a.After != nil && !(v >= 0 && v <= 1) {
		t.Errorf("%g of the map is on what changed", v)
	}

	r.Method = "ldce"
	if _, err := Converge(r); err == nil {
		t.Error("stages of another method are no error")
	}
	if _, err := Evolve(&counterfactual.Result{Steps: []counterfactual.Step{{}}}); err == nil || !strings.Contains(err.Error(), "trace_frames") {
		t.Errorf("a trace without frames: %v", err)
	}
}
