package cam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

// cnn is the reference data's classifier with its pictures.
func cnn(t *testing.T) (*classify.Classifier, []counterfactual.Picture) {
	t.Helper()
	return toy.CAMClassifier(t, golden.Open(t, "../testdata/golden/cam.safetensors"))
}

func mapper(t *testing.T, c *classify.Classifier, o Options) *Mapper {
	t.Helper()
	m, err := New(golden.Backend(t), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Up-sampled from 3 to 33 pixels, 3.3 varies by rounding; scaled to [0, 1] that would be a mask of noise.
func TestConstantChannelStaysConstantUpsampled(t *testing.T) {
	c := layeredClassifier(layered{activate: func(x *Node) *Node {
		return AddScalar(MulScalar(Reshape(ReduceMean(Reshape(x, -1, 3, 11, 3, 11, 2), 2, 4), -1, 3, 3, 2), 2), 2.3)
	}})
	e, err := mapper(t, c, Options{}).Explain(context.Background(), ramp(33, 33), 1)
	if err != nil {
		t.Fatal(err)
	}
	if e.Weights[1] != 0 || !(e.Weights[0] > 0) {
		t.Errorf("weights %v: wanted 0 for the constant channel 1 only", e.Weights)
	}
}

func TestBatchSizeDoesNotChangeTheMap(t *testing.T) {
	classifier, pictures := cnn(t)
	p := pictures[0]
	want, err := mapper(t, classifier, Options{}).Explain(context.Background(), p, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 7} { // 7: the last of three batches overlaps the second
		got, err := mapper(t, classifier, Options{BatchSize: size}).Explain(context.Background(), p, 1)
		if err != nil {
			t.Fatal(err)
		}
		golden.Near(t, fmt.Sprintf("map in batches of %d", size), got.Map.Values, want.Map.Values, 1e-5)
		golden.Near(t, fmt.Sprintf("logits in batches of %d", size), got.Logits, want.Logits, 1e-5)
	}
}

func TestFlatMapIsAnError(t *testing.T) {
	for name, o := range map[string]Options{
		"author": {}, "paper": {Convention: Paper}, "library": {Convention: Library}, "grad-cam": {Method: GradCAM},
	} {
		t.Run(name, func(t *testing.T) {
			c := layeredClassifier(layered{activate: func(x *Node) *Node {
				return BroadcastToDims(ReduceAndKeep(x, ReduceMean, 1, 2), x.Shape().Dimensions[0], 4, 4, 2)
			}})
			_, err := mapper(t, c, o).Map(context.Background(), ramp(8, 8), 1)
			if !errors.Is(err, ErrFlatMap) {
				t.Fatalf("error %v, want ErrFlatMap", err)
			}
			for _, part := range []string{`"layer"`, `"yes"`, "4x4", "another layer"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}

func TestMapHasThePicturesSize(t *testing.T) {
	c := layeredClassifier(layered{
		activate:   func(x *Node) *Node { return x },
		preprocess: func(x01 *Node) *Node { return nn.Resize(x01, 6, 8, nn.ResizeOptions{}) },
	})
	for _, convention := range []Convention{Author, Paper, Library} {
		grid, err := mapper(t, c, Options{Convention: convention}).Map(context.Background(), ramp(12, 10), 0)
		if err != nil {
			t.Fatal(err)
		}
		if grid.Height != 12 || grid.Width != 10 || len(grid.Values) != 120 {
			t.Fatalf("%s: map of %dx%d with %d values, want the picture's 10x12", convention, grid.Width, grid.Height, len(grid.Values))
		}
		if lo, hi := bounds(grid.Values); lo != 0 || hi < 1-1e-5 || hi > 1 {
			t.Errorf("%s: values from %g to %g, want 0 to 1", convention, lo, hi)
		}
		if grid.Values[0] > 0.1 || grid.Values[119] < 0.9 {
			t.Errorf("%s: the map does not grow from the first pixel (%g) to the last (%g) as the picture does",
				convention, grid.Values[0], grid.Values[119])
		}
	}
}

// The one logit of a binary classifier that looks at the bright end speaks for class 1 there and for class 0 elsewhere.
func TestBinaryClassifierGivesBothClasses(t *testing.T) {
	brightness := func(x *Node) *Node { return Slice(x, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, 1)) }
	c := layeredClassifier(layered{activate: brightness})
	c.Binary = true
	yes, err := mapper(t, c, Options{Method: GradCAM}).Explain(context.Background(), ramp(4, 4), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(yes.Weights) != 1 || yes.Weights[0] != 1.0/16 {
		t.Errorf("weights for class 1 are %v, want the mean's gradient 1/16", yes.Weights)
	}
	c = layeredClassifier(layered{activate: func(x *Node) *Node { return Neg(brightness(x)) }})
	c.Binary = true
	if _, err := mapper(t, c, Options{Method: GradCAM}).Map(context.Background(), ramp(4, 4), 1); !errors.Is(err, ErrFlatMap) {
		t.Errorf("negative activations for class 1: error %v, want ErrFlatMap", err)
	}
	no, err := mapper(t, c, Options{Method: GradCAM}).Explain(context.Background(), ramp(4, 4), 0)
	if err != nil {
		t.Fatal(err)
	}
	if no.Weights[0] != -1.0/16 {
		t.Errorf("weights for class 0 are %v, want -1/16", no.Weights)
	}

	c = layeredClassifier(layered{activate: brightness})
	c.Binary = true
	for class, above := range []bool{false, true} { // logits are positive, so class 1 is the likelier under every mask
		e, err := mapper(t, c, Options{}).Explain(context.Background(), ramp(4, 4), class)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Weights[0] > 0.5; got != above {
			t.Errorf("class %d: probability %g", class, e.Weights[0])
		}
	}
}

func TestCancelledContextEndsTheRun(t *testing.T) {
	classifier, pictures := cnn(t)
	m := mapper(t, classifier, Options{BatchSize: 4})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Map(ctx, pictures[0], 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: error %v, want context.Canceled", err)
	}
	_, err := m.Map(&cancelledAfter{Context: context.Background(), left: 3}, pictures[0], 1)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "8 of 16") {
		t.Errorf("cancelled before the third batch: error %v, want context.Canceled after 8 of 16 channels", err)
	}
}

// cancelledAfter is a context that is cancelled once it has been asked a number of times.
type cancelledAfter struct {
	context.Context
	left int
}

func (c *cancelledAfter) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestBrokenNetworksAreErrors(t *testing.T) {
	pass := func(x *Node) *Node { return x }
	for name, c := range map[string]struct {
		network layered
		says    string
	}{
		"layer listed but not shown": {layered{activate: pass, name: "other"}, "does not show"},
		"NaN":                        {layered{activate: func(x *Node) *Node { return Log(AddScalar(x, -2)) }}, "NaN"},
	} {
		for _, method := range []Method{ScoreCAM, GradCAM} {
			_, err := mapper(t, layeredClassifier(c.network), Options{Method: method}).Map(context.Background(), ramp(4, 4), 1)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s, %s: error %v, wanted one that says %q", name, method, err, c.says)
			}
		}
	}
}

func TestMapRefuses(t *testing.T) {
	m := mapper(t, layeredClassifier(layered{activate: func(x *Node) *Node { return x }}), Options{})
	for _, class := range []int{-1, 2} {
		if _, err := m.Map(context.Background(), ramp(4, 4), class); err == nil || !strings.Contains(err.Error(), "0..1") {
			t.Errorf("class %d: error %v, wanted one that says what is legal", class, err)
		}
	}
	broken := ramp(4, 4)
	broken.Values = broken.Values[1:]
	if _, err := m.Map(context.Background(), broken, 0); err == nil {
		t.Error("a picture with a value too few is no error")
	}
}

func TestOptions(t *testing.T) {
	c := layeredClassifier(layered{})
	if got, want := mapper(t, c, Options{}).Options(), (Options{Method: ScoreCAM, Convention: Author, Layer: "layer",
		MemoryBudget: 1 << 30, Samples: 32, NoiseLevel: 0.15}); got != want {
		t.Errorf("defaults %+v, want %+v", got, want)
	}
	if got := mapper(t, c, Options{Method: GradCAMPlusPlus}).Options().Convention; got != Library {
		t.Errorf("grad-cam++ has convention %q, want library", got)
	}
	for _, bad := range []struct {
		options string
		says    []string
	}{
		{`{"method": "lime"}`, []string{"lime", "score-cam", "grad-cam++"}},
		{`{"convention": "mine"}`, []string{"mine", "author", "paper", "library"}},
		{`{"method": "grad-cam", "convention": "author"}`, []string{"grad-cam", "library"}},
		{`{"layer": "features_29"}`, []string{"features_29", `"layer"`}},
		{`{"batch_size": -1}`, []string{"-1", "positive"}},
		{`{"noise_level": -1}`, []string{"-1", "positive"}},
		{`{"baseline": 2}`, []string{"2", "0 to 1"}},
	} {
		var o Options
		if err := json.Unmarshal([]byte(bad.options), &o); err != nil {
			t.Fatal(err)
		}
		_, err := New(golden.Backend(t), c, o)
		if err == nil || slices.ContainsFunc(bad.says, func(part string) bool { return !strings.Contains(err.Error(), part) }) {
			t.Errorf("%s: error %v, wanted one that says %q", bad.options, err, bad.says)
		}
	}
	c.CAMLayer = ""
	if _, err := New(golden.Backend(t), c, Options{}); err == nil || !strings.Contains(err.Error(), `"layer"`) {
		t.Errorf("no layer at all: error %v, wanted one that lists the legal ones", err)
	}
}
