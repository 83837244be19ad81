package train

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// line is a task with a known answer: y = 2x - 1.
func line(t *testing.T) Task {
	t.Helper()
	params, err := nn.Create(golden.Backend(t), 1, func(s nn.Scope, a []*Node) { nn.Linear(s, a[0], 1) }, shapes.Make(dtypes.Float32, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	return Task{
		Name: "line", Params: params,
		Loss: func(nets []nn.Scope, a []*Node) *Node {
			return ReduceAllMean(Square(Sub(nn.Linear(nets[0], a[0], 1), a[1])))
		},
		Batch: func(step int) ([]any, error) {
			rng := nn.Stream(1, "step/"+string(rune(step)))
			x, y := make([]float32, 16), make([]float32, 16)
			for i := range x {
				x[i] = float32(rng.NormFloat64())
				y[i] = 2*x[i] - 1
			}
			return []any{tensors.FromFlatDataAndDimensions(x, 16, 1), tensors.FromFlatDataAndDimensions(y, 16, 1)}, nil
		},
	}
}

func value(t *testing.T, p *nn.Params, name string) float64 {
	t.Helper()
	return float64(tensors.MustCopyFlatData[float32](p.Get(name))[0])
}

func TestRunFindsTheAnswer(t *testing.T) {
	out, err := Run(context.Background(), golden.Backend(t), line(t), Options{Steps: 600, Rate: 0.05, WarmUp: 10, EMA: 0.9})
	if err != nil {
		t.Fatal(err)
	}
	if w, b := value(t, out.Params, "weight"), value(t, out.Params, "bias"); math.Abs(w-2) > 0.01 || math.Abs(b+1) > 0.01 {
		t.Errorf("found y = %.3f x + %.3f, want 2 x - 1", w, b)
	}
	if first, last := out.Losses[0], out.Losses[len(out.Losses)-1]; last.Loss > first.Loss/10 || last.Step != 600 {
		t.Errorf("losses from %+v to %+v", first, last)
	}
}

// A run that was cut off and resumed must end where an uninterrupted one does, to the last bit.
func TestResumedRunEqualsUninterrupted(t *testing.T) {
	task := line(t)
	whole, err := Run(context.Background(), golden.Backend(t), task, Options{Steps: 120})
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{Steps: 120, Checkpoint: filepath.Join(t.TempDir(), "line.checkpoint"), Identity: "line"}
	ctx, cancel := context.WithCancel(context.Background())
	cut := task
	cut.Batch = func(step int) ([]any, error) {
		if step == 70 {
			cancel()
		}
		return task.Batch(step)
	}
	stopped, err := Run(ctx, golden.Backend(t), cut, opts)
	if !errors.Is(err, context.Canceled) || stopped.Step == 0 || stopped.Step >= 120 {
		t.Fatalf("cancelled: %+v, error %v", stopped, err)
	}
	resumed, err := Run(context.Background(), golden.Backend(t), task, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range whole.Params.Names() {
		if a, b := value(t, whole.Params, name), value(t, resumed.Params, name); a != b {
			t.Errorf("%s: %.9g without a break, %.9g with one", name, a, b)
		}
	}
}

func TestCheckpointOfAnotherRunIsRefused(t *testing.T) {
	opts := Options{Steps: 5, Checkpoint: filepath.Join(t.TempDir(), "line.checkpoint"), Identity: "seed 1"}
	if _, err := Run(context.Background(), golden.Backend(t), line(t), opts); err != nil {
		t.Fatal(err)
	}
	opts.Identity = "seed 2"
	if _, err := Run(context.Background(), golden.Backend(t), line(t), opts); err == nil || !strings.Contains(err.Error(), "seed 1") {
		t.Errorf("got %v", err)
	}
}

func TestNaNStopsAndKeepsTheCheckpoint(t *testing.T) {
	task := line(t)
	good := task.Batch
	task.Batch = func(step int) ([]any, error) {
		batch, err := good(step)
		if step == 30 {
			batch[0] = tensors.FromFlatDataAndDimensions([]float32{float32(math.NaN())}, 1, 1)
			batch[1] = tensors.FromFlatDataAndDimensions([]float32{1}, 1, 1)
		}
		return batch, err
	}
	opts := Options{Steps: 60, Checkpoint: filepath.Join(t.TempDir(), "line.checkpoint"), CheckpointEvery: time.Nanosecond}
	_, err := Run(context.Background(), golden.Backend(t), task, opts)
	if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), opts.Checkpoint) {
		t.Fatalf("got %v", err)
	}
	task.Batch = good
	out, err := Run(context.Background(), golden.Backend(t), task, opts)
	if err != nil || out.Step != 60 {
		t.Errorf("resuming after NaN: step %d, error %v", out.Step, err)
	}
	if w := value(t, out.Params, "weight"); math.IsNaN(w) {
		t.Error("the checkpoint holds NaN")
	}
}

func TestProgressTellsLossAndTimeLeft(t *testing.T) {
	var log strings.Builder
	if _, err := Run(context.Background(), golden.Backend(t), line(t), Options{Steps: 100, Progress: &log}); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"line: step 100/100", "loss", "steps/s", "left"} {
		if !strings.Contains(log.String(), word) {
			t.Errorf("progress lacks %q: %s", word, log.String())
		}
	}
}

func TestLearningRate(t *testing.T) {
	o := Options{Steps: 1000, Rate: 1, WarmUp: 100}
	for step, want := range map[int]float64{0: 0.01, 49: 0.5, 100: 1, 550: 0.505, 1000: 0.01} {
		if got := rate(o, step); math.Abs(got-want) > 1e-9 {
			t.Errorf("step %d: rate %g, want %g", step, got, want)
		}
	}
}

func TestLossPlotIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loss.png")
	if err := PlotLoss(path, "line", []LossPoint{{50, 1}, {100, 0.1}}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(raw), "\x89PNG") {
		t.Errorf("no PNG: %v", err)
	}
}
