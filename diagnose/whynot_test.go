package diagnose

import (
	"strings"
	"testing"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/eced"
	"otherwise/ldce"
	"otherwise/nn"
)

// Each cause is provoked by what its hint tells to undo.
func TestWhyNot(t *testing.T) {
	m := models(t)
	saying := func(class int) counterfactual.Models {
		other := m
		other.Classifier = &classify.Classifier{Network: always{class, len(m.Classifier.Classes)}, Params: nn.NewParams(), Classes: m.Classifier.Classes}
		return other
	}
	short := ldce.Options{DDIMSteps: 20, Strength: new(0.2)}
	run := func(change func(*ldce.Options)) *counterfactual.Result {
		o := short
		change(&o)
		method, err := ldce.New(m, o)
		return explained(t, m, method, err)
	}
	nothing := run(func(o *ldce.Options) { o.GuidanceScale = new(0.0) })
	filtered := run(func(o *ldce.Options) { o.Gamma = new(0.5) })
	held := run(func(o *ldce.Options) { o.LambdaD = new(50.0) })
	target := nothing.Target

	for name, c := range map[string]struct {
		result   *counterfactual.Result
		models   counterfactual.Models
		want     counterfactual.Cause
		hint     string
		measured string
	}{
		"nothing steers":            {nothing, saying(target), counterfactual.CauseTooLittle, "guidance_scale (now 0)", "accepted_samples"},
		"a distance weighed by 50":  {held, m, counterfactual.CauseDistance, "lambda_d (now 50)", "distance_term"},
		"an angle of half a degree": {filtered, saying(target), counterfactual.CauseConsensus, "gamma (now 0.5)", "kept_share"},
		"a model without the class": {nothing, saying((target + 1) % len(m.Classifier.Classes)), counterfactual.CauseRepertoire, "another target", "accepted_samples"},
	} {
		if c.result.Flipped() {
			t.Fatalf("%s: it flipped", name)
		}
		f, err := WhyNot(t.Context(), c.models, c.result, WhyNotOptions{Samples: 2, Steps: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v, measured %v", name, f, f.Measured)
		if _, ok := f.Measured[c.measured]; f.Cause != c.want || !strings.Contains(f.Hint, c.hint) || !ok {
			t.Errorf("%s: cause %q, want %q; hint %q, want %q; measured %v", name, f.Cause, c.want, f.Hint, c.hint, f.Measured)
		}
	}
	flipped := *nothing
	flipped.After = make([]float64, len(nothing.After))
	flipped.After[target] = 1
	if f, err := WhyNot(t.Context(), m, &flipped, WhyNotOptions{}); f != nil || err != nil {
		t.Errorf("a counterfactual that was found: %v, %v", f, err)
	}
	if f, err := WhyNot(t.Context(), m, nothing, WhyNotOptions{Samples: -1}); err != nil || f.Cause != counterfactual.CauseTooLittle {
		t.Errorf("without samples: %v, %v", f, err)
	}
}

// Through a mask of one position passes little of what the classifier asks for.
func TestWhyNotThroughASmallMask(t *testing.T) {
	m := models(t)
	corner := &counterfactual.Grid{Height: 32, Width: 32, Channels: 1, Values: make([]float32, 1024)}
	for i := range 16 {
		corner.Values[i/4*32+i%4] = 1
	}
	method, err := eced.New(m, eced.Options{Given: corner, BackgroundSteps: 2, Iterations: 2, DenoiseSteps: 2})
	masked := explainedAs(t, m, method, err, leastLikely)
	if masked.Flipped() {
		t.Fatal("it flipped")
	}
	f, err := WhyNot(t.Context(), m, masked, WhyNotOptions{Samples: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v, measured %v", f, f.Measured)
	if f.Cause != counterfactual.CauseMask || !strings.Contains(f.Hint, "larger mask") || f.Measured["foreground_share"] != 1.0/64 {
		t.Errorf("cause %q, hint %q, measured %v", f.Cause, f.Hint, f.Measured)
	}
}
