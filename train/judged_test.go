package train

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"otherwise/classify"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/internal/golden"
)

// stripeWorld is stripes as a world of two factors: their direction, which is the class, and where they begin.
type stripeWorld struct{ stripes }

func (stripeWorld) Label(i int) int { return i % 2 }
func (stripeWorld) Task() string    { return "direction" }
func (stripeWorld) Factors() []datasets.Factor {
	return []datasets.Factor{{Name: "direction", Values: stripes{}.Classes()}, {Name: "phase", Values: []string{"0", "1", "2", "3"}}}
}
func (stripeWorld) Values(i int) ([]int, error) { return []int{i % 2, i / 2 % 4}, nil }
func (stripeWorld) Partner(class int) int       { return 1 - class }
func (stripeWorld) Describe(int) (any, error)   { return nil, nil }
func (stripeWorld) Truth(int, int) (datasets.Truth, error) {
	return datasets.Truth{}, errors.New("not asked for")
}
func (stripeWorld) Shows(int, string) (*image.Gray, error) { return nil, errors.New("not asked for") }

func stripeWorldData() *Pictures {
	return Draw(stripeWorld{}, picture.Frame{Width: 8, Height: 8, Channels: 1}, 64)
}

func TestJudgeLearnsEveryFactor(t *testing.T) {
	data := stripeWorldData()
	net := classify.ConvNet{PatchSize: 2, Widths: []int{16, 16}, Groups: 4, Classes: datasets.Outputs(data.Factors()), Mean: 0.5, Std: 0.5}
	task, err := JudgeTask(golden.Backend(t), net, data, ClassifierOptions{Noise: 0.02}, 16, 1)
	out, _ := fit(t, task, err, 200)
	got, err := Accuracies(context.Background(), golden.Backend(t), net, out.Params, data, data.Factors())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got["direction"] < 0.95 || got["phase"] < 0.9 {
		t.Errorf("accuracies %v", got)
	}
	net.Classes = 2
	if _, err := JudgeTask(golden.Backend(t), net, data, ClassifierOptions{}, 16, 1); err == nil {
		t.Error("two outputs pass for six values")
	}
}

func TestJudgeOfASetWithoutFactorsTellsTheClass(t *testing.T) {
	data := stripeData(t)
	net := classify.ConvNet{PatchSize: 2, Widths: []int{8, 8}, Groups: 4, Classes: 2, Mean: 0.5, Std: 0.5}
	task, err := JudgeTask(golden.Backend(t), net, data, ClassifierOptions{}, 16, 1)
	out, _ := fit(t, task, err, 100)
	got, err := Accuracies(context.Background(), golden.Backend(t), net, out.Params, data, data.Factors())
	if err != nil {
		t.Fatal(err)
	}
	if got["class"] < 0.9 {
		t.Errorf("accuracies %v", got)
	}
}

func TestEncoderLearnsWithoutLabelsAndDoesNotCollapse(t *testing.T) {
	w := &Workshop{Backend: golden.Backend(t), Dir: t.TempDir(), Data: stripeWorldData(), Test: stripeWorldData(), Recipe: Recipe{Name: "stripes", Seed: 1,
		Encoder: classify.ConvEncoder{PatchSize: 2, Widths: []int{16, 16}, Groups: 4, Expanded: 16, Mean: 0.5, Std: 0.5},
		Runs:    map[string]RunSize{"encoder": {Steps: 200, Batch: 32, Rate: 3e-3, EMA: 0.9}}}}
	if err := w.Train(context.Background(), "encoder"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(w.Dir, "encoder.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	q := r.Encoder
	if q == nil || q.Deviation < 0.5 || q.Rank < 1.5 || q.Width != 16 || q.Chance["direction"] != 0.5 || q.Neighbours["direction"] < 0.9 {
		t.Errorf("quality %+v", q)
	}
	if err := w.Train(context.Background(), "judge"); err == nil {
		t.Error("a network without a run is fitted")
	}
}

func TestParticipation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	spread, line := mat.NewDense(2000, 4, nil), mat.NewDense(2000, 4, nil)
	for i := range 2000 {
		along := rng.NormFloat64()
		for j := range 4 {
			spread.Set(i, j, rng.NormFloat64())
			line.Set(i, j, along*float64(j+1))
		}
	}
	if got := participation(spread); got < 3.9 || got > 4 {
		t.Errorf("independent columns take %g dimensions", got)
	}
	if got := participation(line); got < 0.99 || got > 1.01 {
		t.Errorf("columns along a line take %g dimensions", got)
	}
	if got := participation(mat.NewDense(5, 3, nil)); got != 0 {
		t.Errorf("constants take %g dimensions", got)
	}
}

func TestViewsDifferAndStayInRange(t *testing.T) {
	data := &Pictures{Height: 16, Width: 16, Channels: 3}
	picture := make([]float32, data.Size())
	for i := range picture {
		picture[i] = float32(i%48) / 48
	}
	rng := rand.New(rand.NewPCG(3, 3))
	a, b := appendView(nil, data, picture, rng), appendView(nil, data, picture, rng)
	if len(a) != data.Size() || len(b) != data.Size() {
		t.Fatalf("%d and %d values, want %d", len(a), len(b), data.Size())
	}
	var change float64
	for i := range a {
		if a[i] < 0 || a[i] > 1 {
			t.Fatalf("value %d is %g", i, a[i])
		}
		change += max(float64(a[i]-b[i]), float64(b[i]-a[i])) / float64(len(a))
	}
	if change < 0.02 {
		t.Errorf("two views differ by %g on average", change)
	}
	if bilinear(data, picture, 3, 5, 1) != picture[(3*16+5)*3+1] || bilinear(data, picture, -4, 40, 0) != picture[15*3] {
		t.Error("a pixel's own value isn't read at its place, or not the edge beyond it")
	}
}

// A classifier with a bias has files of its own, from which a bundle takes its name, task and bias.
func TestBiasedClassifierStandsBesideTheFirst(t *testing.T) {
	w := &Workshop{Backend: golden.Backend(t), Dir: t.TempDir(), Data: stripeWorldData(), Test: stripeWorldData(), Recipe: Recipe{Name: "stripes", Seed: 1,
		Task: "direction", Bias: []datasets.Bias{{Factor: "phase=0", Class: "horizontal", Strength: 0.9}},
		Classifier: classify.ConvNet{PatchSize: 4, Widths: []int{4}, Groups: 2, Classes: 2, Mean: 0.5, Std: 0.5},
		Runs:       map[string]RunSize{"classifier": {Steps: 2, Batch: 8, Rate: 1e-3, EMA: 0.9}}}}
	if err := w.Train(context.Background(), "classifier"); err != nil {
		t.Fatal(err)
	}
	names, err := w.variants()
	if err != nil || len(names) != 1 || names[0] != "classifier-biased" {
		t.Fatalf("classifiers %q, %v", names, err)
	}
	run, err := w.readRecord(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if run.Task != "direction" || len(run.Classes) != 2 || len(run.Bias) != 1 || len(run.Accuracy) != 1 {
		t.Errorf("record %+v", run)
	}
	if got, want := w.provenance("classifier", run), "otherwise train classifier --dataset stripes --bias phase=0:horizontal:0.9:"; !strings.HasPrefix(got, want) {
		t.Errorf("provenance %q", got)
	}
	w.Recipe.Task, w.Recipe.Bias = "colour", nil
	if got := w.variant(); got != "direction" {
		t.Errorf("a classifier of another task is called %q", got)
	}
}
