package eced

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"otherwise/counterfactual"
	"otherwise/nn"
)

func explain(t *testing.T, o Options) *counterfactual.Result {
	t.Helper()
	method := goldenMethod(t, o)
	r, err := method.Explain(context.Background(), toyProblem(t, method), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// centre is a mask of 32x32 with a square of 16x16 in its middle.
func centre() *counterfactual.Grid {
	mask := &counterfactual.Grid{Height: 32, Width: 32, Channels: 1, Values: make([]float32, 1024)}
	for i := range mask.Values {
		if y, x := i/32, i%32; y >= 8 && y < 24 && x >= 8 && x < 24 {
			mask.Values[i] = 1
		}
	}
	return mask
}

func TestGivenMaskWithSoftBorder(t *testing.T) {
	o := quick()
	o.ForegroundShare, o.Given = 0, centre()
	hard := explain(t, o)
	if hard.ActivationMap != nil {
		t.Error("an activation map was made, though a mask was given")
	}
	for i, v := range hard.LatentMask.Values {
		if y, x := i/8, i%8; (v == 1) != (y >= 2 && y < 6 && x >= 2 && x < 6) {
			t.Fatalf("latent mask at %d, %d is %g", y, x, v)
		}
	}
	o.SoftBorder = 0.7
	soft := explain(t, o)
	between := 0
	for _, v := range soft.LatentMask.Values {
		if v > 0.01 && v < 0.99 {
			between++
		}
	}
	if inside := soft.LatentMask.Values[3*8+3]; between < 12 || inside < 0.8 {
		t.Errorf("%d positions of the soft mask lie between, its inside is %g", between, inside)
	}
	o.Given = &counterfactual.Grid{Height: 1, Width: 1, Channels: 1, Values: []float32{1}}
	method := goldenMethod(t, o)
	if _, err := method.Explain(context.Background(), toyProblem(t, method), nil); err == nil || !strings.Contains(err.Error(), "given mask is 1x1") {
		t.Errorf("a mask of another size: error %v", err)
	}
}

func TestSamplerAndOptimiser(t *testing.T) {
	plain := explain(t, quick())
	for name, change := range map[string]func(*Options){
		"ddpm":           func(o *Options) { o.Sampler = samplerDDPM },
		"diffedit":       func(o *Options) { o.Region = counterfactual.RegionDiffEdit },
		"keep_unchanged": func(o *Options) { o.KeepUnchanged = 0.2 },
		"inversion":      func(o *Options) { o.Abduction = counterfactual.AbductionInversion },
		"betas":          func(o *Options) { o.Adam = nn.AdamOptions{Beta1: 0.3, Beta2: 0.6} },
	} {
		o := quick()
		change(&o)
		r := explain(t, o)
		if d := largestDifference(r.Counterfactual.Values, plain.Counterfactual.Values); d < 1e-4 || math.IsNaN(d) {
			t.Errorf("%s changes the picture by %g", name, d)
		}
	}
	for word, o := range map[string]Options{
		"sampler":        {Sampler: "euler"},
		"abduction":      {Abduction: "guess"},
		"backwards":      {Abduction: counterfactual.AbductionInversion, Eta: 0.5},
		"fresh_noise":    {Abduction: counterfactual.AbductionInversion, FreshNoise: true},
		"eta":            {Sampler: samplerDDPM, Eta: 0.5},
		"beta1":          {Adam: nn.AdamOptions{Beta1: 2}},
		"region":         {Region: "somewhere"},
		"keep_unchanged": {KeepUnchanged: 2},
		"keep_blur":      {KeepBlur: -1},
		"soft":           {SoftBorder: -1},
		"confidence":     {Confidence: 1},
		"auto_delta":     {AutoDelta: true, ForegroundShare: 0.5},
	} {
		if _, err := o.withDefaults(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}

func TestBackgroundConverges(t *testing.T) {
	var losses []float64
	for k := range 100 {
		losses = append(losses, 1+math.Exp(-float64(k)/20)+0.01*float64(k%2))
		if k+1 == 40 && converged(losses, 0.01) {
			t.Error("converged while the loss falls by a fifth in a window")
		}
	}
	if converged(losses, 0) || !converged(losses, 0.05) || converged(losses[:99], 0.05) {
		t.Error("wanted: never at tolerance 0, at 100 steps with 5 %, only at the end of a window")
	}
	o := quick()
	o.BackgroundSteps, o.BackgroundTolerance, o.Iterations = 90, 0.999, 1
	background := 0
	for _, s := range explain(t, o).Steps {
		if s.Stage == "background" {
			background++
		}
	}
	if background != 2*window {
		t.Errorf("%d steps with a tolerance that two windows satisfy, want %d", background, 2*window)
	}
}

func TestSearchThreshold(t *testing.T) {
	o := quick()
	o.ForegroundShare, o.Iterations, o.Rate = 0, 12, new(0.2)
	method := goldenMethod(t, o)
	p := toyProblem(t, method)
	deltas := []float64{0.05, 0.3, 0.5, 0.7, 0.95}
	s, err := method.SearchThreshold(context.Background(), p, SearchOptions{Deltas: deltas, Confidence: 0.3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Path) < 2 || len(s.Path) > 3 || s.Path[0].Delta != 0.5 {
		t.Errorf("the path is %v, want a bisection from the middle", s.Path)
	}
	largest := -1.0
	for _, trial := range s.Path {
		if trial.Reached {
			largest = max(largest, trial.Delta)
		}
		if trial.Reached != (trial.Why == "" && trial.Probability >= 0.3) {
			t.Errorf("trial %v", trial)
		}
	}
	if s.Found && (s.Delta != largest || s.Result.After[p.Target] < 0.3) {
		t.Errorf("threshold %g with probability %g; the largest that reaches the target is %g", s.Delta, s.Result.After[p.Target], largest)
	}
	if !s.Found {
		t.Errorf("no threshold reaches the target: %v", s.Path)
	}
	if last := s.Result.Timings[len(s.Result.Timings)-1]; last.Stage != "other thresholds" || last.Duration <= 0 {
		t.Errorf("timings %v lack the other trials", s.Result.Timings)
	}
	hopeless, err := method.SearchThreshold(context.Background(), p, SearchOptions{Deltas: deltas, Confidence: 0.99999}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if hopeless.Found || hopeless.Result == nil || !strings.Contains(hopeless.Result.Note, "not reached") {
		t.Errorf("a confidence that can't be reached: %+v", hopeless)
	}
	o.AutoDelta, o.Confidence = true, 0.3
	if r := explain(t, o); !strings.Contains(r.Note, "Threshold searched: 0.5: ") || r.After[p.Target] < 0.3 {
		t.Errorf("Explain with auto_delta: note %q, probability %g", r.Note, r.After[p.Target])
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := method.SearchThreshold(ctx, p, SearchOptions{}, nil); err == nil {
		t.Error("a cancelled context is no error")
	}
}

func TestPropositionsHoldOnAProblem(t *testing.T) {
	method := goldenMethod(t, quick())
	p, err := method.CheckPropositions(context.Background(), toyProblem(t, method))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Properties) != 12 {
		t.Errorf("%d properties, want P1 to P12", len(p.Properties))
	}
	for _, property := range p.Properties {
		if !property.Holds {
			t.Errorf("%s, %s: %s", property.Name, property.Says, property.Found)
		}
	}
	outside := 0.0
	mask, err := p.Regions.Mask(.9, false)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range p.Gradient.Values {
		if mask.Values[i/p.Gradient.Channels] == 0 {
			outside = max(outside, math.Abs(float64(v)))
		}
	}
	if outside == 0 {
		t.Error("the gradient is pruned already")
	}
	star, err := p.Regions.limit()
	if err != nil {
		t.Fatal(err)
	}
	at, _ := p.Regions.Mask(star, false)
	above, _ := p.Regions.Mask(star, true)
	if slices.Equal(at.Values, above.Values) {
		t.Errorf("no position lies on the limit %g", star)
	}
	o := quick()
	o.ForegroundShare, o.Given = 0, centre()
	given := goldenMethod(t, o)
	if _, err := given.CheckPropositions(context.Background(), toyProblem(t, given)); err == nil || !strings.Contains(err.Error(), "given") {
		t.Errorf("a given mask: error %v", err)
	}
}
