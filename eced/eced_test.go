package eced

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
)

const goldens = "../testdata/golden"

// goldenMethod is ECED on the toy stack.
func goldenMethod(t *testing.T, o Options) *Method {
	t.Helper()
	method, err := New(toy.Models(t, goldens, toy.Options{}), o)
	if err != nil {
		t.Fatal(err)
	}
	return method
}

func TestStoppedRunSaysHowFarItCame(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := stopped(ctx, 3, 10); err == nil || !strings.Contains(err.Error(), "3 of 10") {
		t.Errorf("got %v", err)
	}
}

// quick are options that keep a run on the toy stack short.
func quick() Options {
	return Options{ForegroundShare: 0.4, BackgroundSteps: 5, Iterations: 6, DenoiseSteps: 2, Rate: new(0.05), TraceFrames: 3}
}

func toyProblem(t *testing.T, m *Method) counterfactual.Problem {
	t.Helper()
	pictures, err := counterfactual.Unbatch(golden.Open(t, goldens+"/ldce_traj_cls.safetensors").Tensor("x01"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := counterfactual.NewPredictor(m.models).Probabilities(pictures[0])
	if err != nil {
		t.Fatal(err)
	}
	return counterfactual.Problem{Picture: pictures[0], Target: counterfactual.RunnerUp(rows[0]), Seed: 3}
}

func TestExplain(t *testing.T) {
	o := quick()
	o.TraceFields = true
	method := goldenMethod(t, o)
	p := toyProblem(t, method)
	stages := map[string]int{}
	r, err := method.Explain(context.Background(), p, func(s counterfactual.Step) error {
		stages[s.Stage]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if stages["background"] != 5 || stages["adversarial"] != 6 || len(r.Steps) != 11 {
		t.Errorf("steps by stage %v, %d in the trace; want 5 and 6", stages, len(r.Steps))
	}
	if r.After[p.Target] <= r.Before[p.Target] {
		t.Errorf("the target's probability went from %g to %g", r.Before[p.Target], r.After[p.Target])
	}
	foreground := 0.0
	for _, v := range r.Mask.Values {
		foreground += float64(v) / float64(len(r.Mask.Values))
	}
	if foreground < 0.4 || foreground > 0.5 {
		t.Errorf("foreground share %g, asked for 0.4", foreground)
	}
	for _, s := range r.Steps {
		if s.Gradient == nil {
			if s.Stage == "adversarial" && s.Latent != nil {
				t.Errorf("iteration %d is a frame without a gradient", s.Index)
			}
			continue
		}
		for i, v := range s.Gradient.Values {
			if c := s.Gradient.Channels; v != 0 && r.LatentMask.Values[i/c] == 0 {
				t.Fatalf("iteration %d: the gradient is %g in the background", s.Index, v)
			}
		}
	}
	if r.LatentMask.Height != 8 || len(r.Timings) != 3 || r.Reconstruction.Height != 32 {
		t.Errorf("latent mask of height %d, %d timings, reconstruction of height %d", r.LatentMask.Height, len(r.Timings), r.Reconstruction.Height)
	}
	again, err := method.Explain(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range r.Counterfactual.Values {
		if again.Counterfactual.Values[i] != v {
			t.Fatalf("the same seed gave another value at %d", i)
		}
	}
}

func TestStopsAtProbability(t *testing.T) {
	o := quick()
	o.StopAt, o.Iterations = 1e-6, 50
	method := goldenMethod(t, o)
	r, err := method.Explain(context.Background(), toyProblem(t, method), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Steps); n != 5+1 || r.Counterfactual.Values == nil {
		t.Errorf("%d steps, want 5 of the background and one iteration", n)
	}
}

func TestStopsWithinOneStepOfAnyStage(t *testing.T) {
	method := goldenMethod(t, quick())
	p := toyProblem(t, method)
	for _, stage := range []string{"background", "adversarial"} {
		ctx, cancel := context.WithCancel(context.Background())
		after := 0
		_, err := method.Explain(ctx, p, func(s counterfactual.Step) error {
			if s.Stage == stage {
				after++
				cancel()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) || after != 1 || !strings.Contains(err.Error(), stage) {
			t.Errorf("%s: %d steps after cancelling, error %v", stage, after, err)
		}
	}
}

func TestMaskWithoutForegroundOrBackground(t *testing.T) {
	for delta, want := range map[float64]error{1.5: cam.ErrNoForeground, -1: cam.ErrAllForeground} {
		o := quick()
		o.ForegroundShare, o.Delta = 0, new(delta)
		method := goldenMethod(t, o)
		if _, err := method.Explain(context.Background(), toyProblem(t, method), nil); !errors.Is(err, want) {
			t.Errorf("delta %g: got %v, want %v", delta, err, want)
		}
	}
}

func TestTargetIsPredictedClass(t *testing.T) {
	method := goldenMethod(t, quick())
	p := toyProblem(t, method)
	rows, err := counterfactual.NewPredictor(method.models).Probabilities(p.Picture)
	if err != nil {
		t.Fatal(err)
	}
	p.Target = counterfactual.ArgMax(rows[0])
	var same *counterfactual.SameClassError
	if _, err := method.Explain(context.Background(), p, nil); !errors.As(err, &same) {
		t.Errorf("got %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	for word, o := range map[string]Options{
		"foreground_share": {ForegroundShare: 1},
		"background_loss":  {BackgroundLoss: "l7"},
		"iterations":       {Iterations: -1},
		"denoise_steps":    {DenoiseSteps: 51},
		"rate":             {Rate: new(-1.0)},
		"guidance_scale":   {GuidanceScale: new(math.Inf(1))},
		"stop_at":          {StopAt: 1},
		"delta":            {Delta: new(math.NaN())},
	} {
		if _, err := o.withDefaults(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
	o, err := Options{}.withDefaults()
	if err != nil || *o.Delta != 0.3 || o.BackgroundSteps != 500 || o.Iterations != 100 || o.DenoiseSteps != 5 {
		t.Errorf("defaults %+v, error %v", o, err)
	}
}
