package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// Task is what the loop fits.
type Task struct {
	// Name labels progress and checkpoints.
	Name string
	// Params are the initial parameters.
	Params *nn.Params
	// Frozen are further networks that the loss uses and training leaves alone.
	Frozen []*nn.Params
	// Loss builds the scalar to minimise: nets[0] is trained, nets[1:] are Frozen.
	Loss func(nets []nn.Scope, args []*graph.Node) *graph.Node
	// Batch returns the loss's arguments for a step. It depends on nothing but the step (and the task's seed), so a
	// resumed run sees the same batches. It may be called from another goroutine.
	Batch func(step int) ([]any, error)
}

// Options are the settings of a run. Zero values take the defaults named.
type Options struct {
	Steps int // 1000
	// Rate is Adam's peak learning rate (1e-3), reached after WarmUp steps (100) and lowered by a half cosine to a
	// hundredth of itself at the end, or kept with Constant.
	Rate     float64
	WarmUp   int
	Constant bool
	// Adam are the optimiser's other settings; those of Kingma and Ba. A weight decay makes it AdamW.
	Adam nn.AdamOptions
	// EMA is the decay of the moving average of the weights (0.999), which is what a run returns; negative for none: the weights
	// themselves.
	EMA float64
	// Clip limits the joint L2 norm of the gradients (1).
	Clip float64
	// Checkpoint is the file that progress is kept in; empty keeps none. An existing one is resumed.
	Checkpoint string
	// CheckpointEvery is the time between two checkpoints (1 minute).
	CheckpointEvery time.Duration
	// Identity is stored in checkpoints and must match to resume: configuration, data and seed in words.
	Identity string
	// Progress is where lines on progress go; nil for none.
	Progress io.Writer
}

func (o *Options) defaults() {
	o.Steps = cmp.Or(o.Steps, 1000)
	o.Rate = cmp.Or(o.Rate, 1e-3)
	o.WarmUp = cmp.Or(o.WarmUp, 100)
	o.EMA = cmp.Or(o.EMA, 0.999)
	o.Clip = cmp.Or(o.Clip, 1)
	o.CheckpointEvery = cmp.Or(o.CheckpointEvery, time.Minute)
	if o.Progress == nil {
		o.Progress = io.Discard
	}
}

// Outcome is what a run ended with.
type Outcome struct {
	Params  *nn.Params // the moving average of the weights
	Step    int        // steps taken, earlier runs of the same checkpoint included
	Losses  []LossPoint
	Elapsed time.Duration // earlier runs of the same checkpoint included
}

// LossPoint is the mean loss over the steps since the point before it.
type LossPoint struct {
	Step int     `json:"step"`
	Loss float64 `json:"loss"`
}

// ErrNotFinite is returned (wrapped) when a loss is NaN or infinite. The last checkpoint is kept.
var ErrNotFinite = errors.New("the loss is not finite")

// Run fits a task. When the context ends, progress is saved and the context's error returned with the outcome so far.
func Run(ctx context.Context, backend compute.Backend, task Task, opts Options) (*Outcome, error) {
	opts.defaults()
	state, err := start(task, opts)
	if err != nil {
		return nil, err
	}
	step := newStepProgram(backend, task, opts)
	progress := newProgress(opts.Progress, task.Name, state.Step, opts.Steps)
	batches := prefetch(ctx, task.Batch, state.Step, opts.Steps)
	begun, saved := time.Now(), time.Now()
	earlier := state.Elapsed
	var sum float64
	var count int
	for state.Step < opts.Steps {
		batch, ok := <-batches
		if !ok {
			break
		}
		if batch.err != nil {
			return nil, fmt.Errorf("training %s, batch of step %d: %w", task.Name, state.Step, batch.err)
		}
		loss, err := state.advance(step, task.Frozen, batch.args, rate(opts, state.Step))
		if err != nil {
			return nil, fmt.Errorf("training %s, step %d: %w", task.Name, state.Step, err)
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return nil, fmt.Errorf("training %s, step %d: %w (%g); %s; lower the learning rate (%g) and resume",
				task.Name, state.Step, ErrNotFinite, loss, keptWords(opts), opts.Rate)
		}
		state.Elapsed = earlier + time.Since(begun)
		sum, count = sum+loss, count+1
		if state.Step%50 == 0 || state.Step == opts.Steps {
			state.Losses = append(state.Losses, LossPoint{Step: state.Step, Loss: sum / float64(count)})
			progress.line(state.Step, sum/float64(count))
			sum, count = 0, 0
		}
		if opts.Checkpoint != "" && (time.Since(saved) >= opts.CheckpointEvery || state.Step == opts.Steps) {
			if err := state.save(opts); err != nil {
				return nil, err
			}
			saved = time.Now()
		}
	}
	outcome := &Outcome{Params: state.ema, Step: state.Step, Losses: state.Losses, Elapsed: state.Elapsed}
	if err := ctx.Err(); err != nil && state.Step < opts.Steps {
		if opts.Checkpoint != "" {
			if saveErr := state.save(opts); saveErr != nil {
				return outcome, errors.Join(err, saveErr)
			}
		}
		return outcome, fmt.Errorf("training %s stopped at step %d of %d: %w", task.Name, state.Step, opts.Steps, err)
	}
	return outcome, nil
}

func keptWords(opts Options) string {
	if opts.Checkpoint == "" {
		return "no checkpoint was asked for"
	}
	return "the last good checkpoint is kept in " + opts.Checkpoint
}

// rate is a linear warm-up followed by a half cosine down to one hundredth, or by nothing.
func rate(o Options, step int) float64 {
	if step < o.WarmUp {
		return o.Rate * float64(step+1) / float64(o.WarmUp)
	}
	if o.Constant {
		return o.Rate
	}
	u := float64(step-o.WarmUp) / float64(max(1, o.Steps-o.WarmUp))
	return o.Rate * (0.01 + 0.99*0.5*(1+math.Cos(math.Pi*u)))
}

// prefetched is a batch that was made ahead.
type prefetched struct {
	args []any
	err  error
}

// prefetch makes batches ahead of the loop, until the context or the run ends.
func prefetch(ctx context.Context, batch func(int) ([]any, error), from, to int) <-chan prefetched {
	out := make(chan prefetched, 2)
	go func() {
		defer close(out)
		for step := from; step < to; step++ {
			args, err := batch(step)
			select {
			case out <- prefetched{args, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
