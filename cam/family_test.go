package cam

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/internal/golden"
)

// The maps themselves are compared with grad-cam and captum by package verify.

// classLogit is what the classifier gives a class.
func classLogit(t *testing.T, m *Mapper, p counterfactual.Picture, class int) float64 {
	t.Helper()
	picture, err := counterfactual.Batch(p)
	if err != nil {
		t.Fatal(err)
	}
	_, _, logits, err := m.observe(picture)
	if err != nil {
		t.Fatal(err)
	}
	values, err := read(logits)
	if err != nil {
		t.Fatal(err)
	}
	return float64(values[class])
}

// What integrated gradients attribute adds up to the difference of the logits at both ends of the way.
func TestIntegratedGradientsAreComplete(t *testing.T) {
	classifier, pictures := cnn(t)
	p := pictures[0]
	m := mapper(t, classifier, Options{Method: IntegratedGradients, Samples: 300, Baseline: 0.5})
	e, err := m.Explain(context.Background(), p, 2)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, v := range e.Low {
		sum += float64(v)
	}
	plain := p
	plain.Values = slices.Repeat([]float32{0.5}, len(p.Values))
	if want := classLogit(t, m, p, 2) - classLogit(t, m, plain, 2); math.Abs(sum-want) > 0.01*math.Abs(want) {
		t.Errorf("attributions sum to %g, the logits differ by %g", sum, want)
	}
}

func TestSmoothGradDependsOnItsSeedOnly(t *testing.T) {
	classifier, pictures := cnn(t)
	maps := make([][]float32, 3)
	for i, o := range []Options{{Seed: 1}, {Seed: 1, BatchSize: 4}, {Seed: 2}} {
		o.Method, o.Samples = SmoothGrad, 6
		e, err := mapper(t, classifier, o).Explain(context.Background(), pictures[0], 1)
		if err != nil {
			t.Fatal(err)
		}
		maps[i] = e.Map.Values
	}
	golden.Near(t, "the same seed in batches of 4", maps[1], maps[0], 1e-5)
	if slices.Equal(maps[2], maps[0]) {
		t.Error("another seed gave the same map")
	}
}

func TestEveryMethodMapsToUnitRange(t *testing.T) {
	classifier, pictures := cnn(t)
	for _, method := range Methods() {
		grid, err := mapper(t, classifier, Options{Method: method}).Map(context.Background(), pictures[1], 2)
		if err != nil {
			t.Errorf("%s: %v", method, err)
			continue
		}
		if lo, hi := bounds(grid.Values); lo < 0 || hi > 1 || hi < 1-1e-5 || len(grid.Values) != 32*32 {
			t.Errorf("%s: %d values from %g to %g", method, len(grid.Values), lo, hi)
		}
	}
}

func TestFlatMapsOfTheFamilyAreErrors(t *testing.T) {
	flatLayer := layeredClassifier(layered{activate: func(x *Node) *Node {
		return BroadcastToDims(ReduceAndKeep(x, ReduceMean, 1, 2), x.Shape().Dimensions[0], 4, 4, 2)
	}})
	for _, method := range []Method{XGradCAM, LayerCAM, EigenCAM, AblationCAM} {
		if _, err := mapper(t, flatLayer, Options{Method: method}).Map(context.Background(), ramp(8, 8), 1); !errors.Is(err, ErrFlatMap) {
			t.Errorf("%s: error %v, want ErrFlatMap", method, err)
		}
	}
	ignored := layeredClassifier(layered{activate: func(x *Node) *Node { return MulScalar(x, 0) }})
	for _, method := range []Method{SmoothGrad, IntegratedGradients} {
		if _, err := mapper(t, ignored, Options{Method: method}).Map(context.Background(), ramp(8, 8), 1); !errors.Is(err, ErrFlatMap) {
			t.Errorf("%s of a classifier that ignores its input: error %v, want ErrFlatMap", method, err)
		}
	}
}

func TestBatchSizeFollowsMemory(t *testing.T) {
	classifier, pictures := cnn(t)
	var bytes int64
	for _, c := range []struct {
		options Options
		size    int
	}{{Options{}, largestBatch}, {Options{MemoryBudget: 1}, 1}, {Options{BatchSize: 3}, 3}} {
		b, err := mapper(t, classifier, c.options).Batch(pictures[0])
		if err != nil {
			t.Fatal(err)
		}
		if b.Size != c.size {
			t.Errorf("%+v: %s, want %d", c.options, b, c.size)
		}
		bytes = max(bytes, b.BytesPerInput)
	}
	// input 3, then 8 channels twice: the convolution's and the one with its bias, of 32x32 pixels of 4 bytes
	if least, most := int64(2*8*32*32*4), int64(8*8*32*32*4); bytes < least || bytes > most {
		t.Errorf("an input takes %d bytes, wanted from %d to %d", bytes, least, most)
	}
	b, err := mapper(t, classifier, Options{MemoryBudget: 3 * bytes}).Batch(pictures[0])
	if err != nil || b.Size != 3 || !strings.Contains(b.String(), "batches of 3: an input takes about") {
		t.Errorf("%v, %v", b, err)
	}
	gradients, err := mapper(t, classifier, Options{Method: SmoothGrad}).Batch(pictures[0])
	if err != nil || gradients.BytesPerInput <= bytes {
		t.Errorf("gradients take %d bytes, scores %d; %v", gradients.BytesPerInput, bytes, err)
	}
}

func TestContrast(t *testing.T) {
	c := layeredClassifier(layered{activate: func(x *Node) *Node { // class 0 looks at the dark end, class 1 at the bright one
		bright := Slice(x, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, 1))
		return Concatenate([]*Node{OneMinus(bright), bright}, 3)
	}})
	m := mapper(t, c, Options{Method: GradCAM})
	got, err := m.Contrast(context.Background(), ramp(4, 4), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if d := got.Difference.Values; math.Abs(float64(d[0])+1) > 1e-5 || math.Abs(float64(d[15])-1) > 1e-5 {
		t.Errorf("difference from %g to %g, want -1 to 1", d[0], d[15])
	}
	if math.Abs(got.Overlap-1.0/3) > 0.05 { // of a ramp and its mirror: the integral of min(x, 1-x) over that of max
		t.Errorf("overlap %g, want about a third", got.Overlap)
	}
	same, err := m.Contrast(context.Background(), ramp(4, 4), 1, 1)
	if err != nil || math.Abs(same.Overlap-1) > 1e-9 {
		t.Errorf("a class with itself: overlap %g, %v", same.Overlap, err)
	}
}
