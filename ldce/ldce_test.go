package ldce

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

const goldens = "../testdata/golden"

// toyProblems are two pictures of the reference data, asked for the class that each is second closest to.
func toyProblems(t *testing.T, m counterfactual.Models) []counterfactual.Problem {
	t.Helper()
	pictures, err := counterfactual.Unbatch(golden.Open(t, goldens+"/ldce_traj_cls.safetensors").Tensor("x01"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := counterfactual.NewPredictor(m).Probabilities(pictures...)
	if err != nil {
		t.Fatal(err)
	}
	var problems []counterfactual.Problem
	for i, p := range pictures {
		problems = append(problems, counterfactual.Problem{Picture: p, Target: counterfactual.RunnerUp(rows[i]), Seed: uint64(i + 7)})
	}
	return problems
}

func largestDifference(a, b counterfactual.Picture) float64 {
	worst := 0.0
	for i := range a.Values {
		worst = max(worst, math.Abs(float64(a.Values[i]-b.Values[i])))
	}
	return worst
}

func TestExplain(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	method, err := New(m, Options{DDIMSteps: 20, Strength: new(0.3), Eta: 0.5, TraceFrames: 3})
	if err != nil {
		t.Fatal(err)
	}
	problems := toyProblems(t, m)
	ctx := context.Background()
	var seen []counterfactual.Step
	first, err := method.Explain(ctx, problems[0], func(s counterfactual.Step) error {
		seen = append(seen, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 6 || len(first.Steps) != 6 || seen[5].Index != 5 || seen[5].Total != 6 {
		t.Fatalf("%d steps observed, %d in the trace, want 6 each", len(seen), len(first.Steps))
	}
	frames := 0
	for _, s := range first.Steps {
		if s.Decoded != nil && s.Latent != nil {
			frames++
		}
	}
	if frames != 3 {
		t.Errorf("%d frames kept, want 3", frames)
	}
	again, err := method.Explain(ctx, problems[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := largestDifference(first.Counterfactual, again.Counterfactual); d != 0 {
		t.Errorf("the same seed gave pictures that differ by %g", d)
	}
	other := problems[0]
	other.Seed++
	different, err := method.Explain(ctx, other, nil)
	if err != nil {
		t.Fatal(err)
	}
	if largestDifference(first.Counterfactual, different.Counterfactual) == 0 {
		t.Error("another seed gave the same picture")
	}
	batch, err := method.ExplainBatch(ctx, problems, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := largestDifference(first.Counterfactual, batch[0].Counterfactual); d > 1e-3 {
		t.Errorf("in a batch, the picture differs by %g from the one made alone", d)
	}
	if batch[1].Seed != problems[1].Seed || batch[1].Target != problems[1].Target {
		t.Error("the batch's results are out of order")
	}
	if o, ok := first.Options.(Options); !ok || *o.LambdaC != 2.3 || o.DDIMSteps != 20 {
		t.Errorf("options in the result are %+v, want them with defaults filled in", first.Options)
	}
}

func TestStopsWithinOneStep(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	method, err := New(m, Options{DDIMSteps: 20, Strength: new(0.3)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	steps := 0
	_, err = method.Explain(ctx, toyProblems(t, m)[0], func(counterfactual.Step) error {
		steps++
		if steps == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || steps != 2 || !strings.Contains(err.Error(), "2 of 6") {
		t.Errorf("cancelled at step 2: %d steps made, error %v", steps, err)
	}
	enough := errors.New("enough")
	if _, err := method.Explain(context.Background(), toyProblems(t, m)[0], func(counterfactual.Step) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an observer's error was lost: %v", err)
	}
}

func TestBadProblems(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	method, err := New(m, Options{DDIMSteps: 20})
	if err != nil {
		t.Fatal(err)
	}
	good := toyProblems(t, m)[0]
	rows, err := counterfactual.NewPredictor(m).Probabilities(good.Picture)
	if err != nil {
		t.Fatal(err)
	}
	same := good
	same.Target = counterfactual.ArgMax(rows[0])
	var already *counterfactual.SameClassError
	if _, err := method.Explain(context.Background(), same, nil); !errors.As(err, &already) || already.Class != m.Classifier.Classes[same.Target] {
		t.Errorf("target = predicted class: got %v", err)
	}
	unknown := good
	unknown.Target = 99
	odd := good
	odd.Picture = counterfactual.Picture{Height: 30, Width: 31, Channels: 3, Values: make([]float32, 30*31*3)}
	nan := good
	nan.Picture.Values = append([]float32{float32(math.NaN())}, good.Picture.Values[1:]...)
	for word, p := range map[string]counterfactual.Problem{"class 99": unknown, "multiples of 4": odd, "NaN": nan} {
		if _, err := method.Explain(context.Background(), p, nil); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}

// A run that begins at the latent of another's abduction, with its noise, is the same run.
func TestDenoiseFromAGivenLatent(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	method, err := New(m, Options{DDIMSteps: 20, Strength: new(0.3), Eta: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	problem := toyProblems(t, m)[0]
	r, err := method.begin(t.Context(), []counterfactual.Problem{problem})
	if err != nil {
		t.Fatal(err)
	}
	start := Start{Pictures: r.picture, Latent: r.z, Targets: []int{problem.Target},
		StepNoise: func(k int) *tensors.Tensor { return r.noise(fmt.Sprintf("step/%d", k)) }}
	got, err := method.Denoise(context.Background(), start, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := method.Explain(context.Background(), problem, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := largestDifference(got[0].Counterfactual, want.Counterfactual); d != 0 || len(got[0].Steps) != len(want.Steps) {
		t.Errorf("the pictures differ by %g", d)
	}
	start.StepNoise = nil
	if _, err := method.Denoise(context.Background(), start, nil); err == nil {
		t.Error("eta 0.5 without noise is no error")
	}
	start.Targets = nil
	if _, err := method.Denoise(context.Background(), start, nil); err == nil {
		t.Error("no targets are no error")
	}
}

func TestBadOptions(t *testing.T) {
	for word, o := range map[string]Options{
		"abduction":       {Abduction: "guess"},
		"run backwards":   {Abduction: counterfactual.AbductionInversion, Eta: 0.5},
		"guidance_scales": {GuidanceScales: []float64{1, math.Inf(1)}},
		"certainty":       {Certainty: 1},
		"keep_unchanged":  {KeepUnchanged: 2},
		"keep_blur":       {KeepBlur: 1},
		"strength":        {Strength: new(1.0)},
		"gamma":           {Gamma: new(181.0)},
		"distance":        {Distance: "l3"},
		"patch":           {Patch: -1},
		"lambda_c":        {LambdaC: new(math.NaN())},
		"less than":       {DDIMSteps: 2, Strength: new(0.1)},
	} {
		if _, err := o.WithDefaults(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
	o, err := Options{LambdaD: new(0.0)}.WithDefaults()
	if err != nil || *o.LambdaD != 0 || o.start() != 191 {
		t.Errorf("lambda_d %g, start %d, error %v; want 0 kept, the paper's 191 steps", *o.LambdaD, o.start(), err)
	}
}

// variant explains one problem with other options.
func variant(t *testing.T, m counterfactual.Models, o Options) *counterfactual.Result {
	t.Helper()
	o.DDIMSteps, o.Strength, o.TraceFrames = 20, new(0.2), -1
	method, err := New(m, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := method.Explain(context.Background(), toyProblems(t, m)[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFreeGuidanceAsksNoClassifier(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	free := variant(t, m, Options{Guidance: GuidanceFree})
	other := variant(t, m, Options{Guidance: GuidanceFree, LambdaC: new(50.0), LambdaD: new(7.0), Gamma: new(0.0)})
	if d := largestDifference(free.Counterfactual, other.Counterfactual); d != 0 {
		t.Errorf("what only the classifier's guidance has changes the picture by %g", d)
	}
	stronger := variant(t, m, Options{Guidance: GuidanceFree, GuidanceScale: new(6.0)})
	if largestDifference(free.Counterfactual, stronger.Counterfactual) == 0 {
		t.Error("the scale changes nothing")
	}
	if got := free.Steps[0].Kept.Values[0]; got != 1 {
		t.Errorf("a location is kept to %g, want 1", got)
	}
	for name, r := range map[string]*counterfactual.Result{"free guidance": free, "no consensus": variant(t, m, Options{NoConsensus: true})} {
		if r.Consensus != nil || !strings.Contains(r.Note, "no consensus map") {
			t.Errorf("%s: a consensus map %v, note %q; want none, and why", name, r.Consensus, r.Note)
		}
	}
}

// With gamma 180 nothing is filtered, and so nothing overwritten; with a gamma of 0 everything is.
func TestOverwriteChangesFilteredLocationsOnly(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	for gamma, same := range map[float64]bool{180: true, 0: false} {
		zeros := variant(t, m, Options{Gamma: &gamma})
		for _, by := range []string{OverwriteNoise, OverwriteUnconditional} {
			got := variant(t, m, Options{Gamma: &gamma, OverwriteBy: by})
			if d := largestDifference(zeros.Counterfactual, got.Counterfactual); (d < 1e-6) != same {
				t.Errorf("gamma %g, overwritten by %s: the picture differs by %g from that with zeros", gamma, by, d)
			}
		}
	}
}

func TestRecurrenceRepeatsSteps(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	once, thrice := variant(t, m, Options{}), variant(t, m, Options{Recurrence: 3})
	if len(once.Steps) != len(thrice.Steps) {
		t.Errorf("%d steps in the trace, want %d", len(thrice.Steps), len(once.Steps))
	}
	if largestDifference(once.Counterfactual, thrice.Counterfactual) == 0 {
		t.Error("repeating steps changes nothing")
	}
	again := variant(t, m, Options{Recurrence: 3})
	if d := largestDifference(thrice.Counterfactual, again.Counterfactual); d != 0 {
		t.Errorf("the same seed gave pictures that differ by %g", d)
	}
}

// meanColours is an encoder whose features are a picture's mean colours.
type meanColours struct{}

func (meanColours) Preprocess(x01 *graph.Node) *graph.Node      { return x01 }
func (meanColours) Embed(_ nn.Scope, x *graph.Node) *graph.Node { return graph.ReduceMean(x, 1, 2) }

func TestFeatureDistances(t *testing.T) {
	m := toy.Models(t, goldens, toy.Options{})
	features := &Features{Encoder: meanColours{}, Params: nn.NewParams()}
	// two pictures of one colour each, the first beyond what clamping allows: features (0, 1) and (0.3, 0.4)
	found := tensors.FromFlatDataAndDimensions([]float32{-1, 2}, 1, 1, 1, 2)
	original := tensors.FromFlatDataAndDimensions([]float32{0.3, 0.4}, 1, 1, 1, 2)
	for kind, want := range map[string]float32{DistanceL1: 0.9, DistanceL2: 0.45, DistanceFeatureL1: 0.9, DistanceFeatureL2: 0.45,
		DistanceFeatureCosine: 0.2} {
		program := nn.NewProgram(m.Backend, kind, func(s []nn.Scope, a []*graph.Node) []*graph.Node {
			return []*graph.Node{distance(a[0], Inputs{Picture: a[1], Features: s[0]}, Options{Distance: kind, Features: features})}
		})
		out, err := program.Call1([]*nn.Params{features.Params}, found, original)
		if err != nil {
			t.Fatal(err)
		}
		golden.Near(t, kind, tensors.MustCopyFlatData[float32](out), []float32{want}, 1e-6)
	}
	plain, guided := variant(t, m, Options{LambdaD: new(0.0)}), variant(t, m, Options{Distance: DistanceFeatureCosine, Features: features})
	if largestDifference(plain.Counterfactual, guided.Counterfactual) == 0 {
		t.Error("the distance between features guides nothing")
	}
	if _, err := New(m, Options{Distance: DistanceFeatureL1}); err == nil || !strings.Contains(err.Error(), "network of features") {
		t.Errorf("no network: error %v", err)
	}
}
