package kernel

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
)

// forget undoes what earlier stops and calls of Context did, before and after a test.
func forget(t *testing.T) {
	undo := func() {
		interruption.Lock()
		defer interruption.Unlock()
		interruption.ctx, interruption.cancel, interruption.stops = nil, nil, 0
	}
	undo()
	t.Cleanup(undo)
}

func TestFirstStopEndsTheContext(t *testing.T) {
	forget(t)
	use(t, gobackend.GetBackend())
	ctx := Context()
	if ctx != Context() {
		t.Error("two contexts")
	}
	var told strings.Builder
	if end := stopped(&told); end || ctx.Err() != context.Canceled {
		t.Errorf("the first stop: end %t, context %v", end, ctx.Err())
	}
	if end := stopped(&told); !end {
		t.Error("the second stop doesn't end the process")
	}
	if told.Len() > 0 {
		t.Errorf("without an engine it says %q", told.String())
	}
}

func TestStopWithoutContextEnds(t *testing.T) {
	forget(t)
	use(t, gobackend.GetBackend())
	if end := stopped(&strings.Builder{}); !end {
		t.Error("a process that has nobody to tell goes on")
	}
}

// TestStopLeavesIdleEngine sees that an engine with nothing to do keeps what it has.
func TestStopLeavesIdleEngine(t *testing.T) {
	forget(t)
	inCell(t)
	var told strings.Builder
	for range 3 {
		stopped(&told)
	}
	if told.Len() > 0 {
		t.Errorf("it says %q", told.String())
	}
	if _, err := Inspect(); err != nil {
		t.Error(err)
	}
}

// stuck is a backend whose executions go on until they are released.
type stuck struct {
	compute.Backend
	release chan struct{}
}

func (s stuck) Builder(name string) compute.Builder {
	return stuckBuilder{s.Backend.Builder(name), s}
}

type stuckBuilder struct {
	compute.Builder
	stuck stuck
}

func (b stuckBuilder) Compile() (compute.Executable, error) {
	return stuckExecutable{stuck: b.stuck}, nil
}

type stuckExecutable struct {
	compute.Executable // nil: of its methods only those below are called
	stuck              stuck
}

func (e stuckExecutable) Inputs() ([]string, []shapes.Shape) { return nil, nil }
func (e stuckExecutable) Outputs() []shapes.Shape            { return nil }
func (e stuckExecutable) Execute([]compute.Buffer, []bool, compute.DeviceNum) ([]compute.Buffer, error) {
	<-e.stuck.release
	return nil, nil
}

// TestStopsRestartStuckEngine presses stop while the engine computes for this process.
func TestStopsRestartStuckEngine(t *testing.T) {
	forget(t)
	release := make(chan struct{})
	defer close(release)
	_, ended := inCellWith(t, stuck{gobackend.GetBackend(), release})
	b, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	builder := b.Builder("stuck")
	one, err := builder.Main().Constant([]float32{1})
	if err != nil {
		t.Fatal(err)
	}
	if err := builder.Main().Return([]compute.Value{one}, nil); err != nil {
		t.Fatal(err)
	}
	exec, err := builder.Compile()
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := exec.Execute(nil, nil, 0)
		failed <- err
	}()
	for busy := false; !busy; {
		s, err := Inspect()
		if err != nil {
			t.Fatal(err)
		}
		busy = s.computesFor(os.Getpid())
	}
	var told strings.Builder
	restartIfStuck(&told, false) // as the first stop of a cell without Context does
	if !strings.Contains(told.String(), "goes on") {
		t.Errorf("a stop that leaves a computation running says %q", told.String())
	}
	_ = Context()
	told.Reset()
	if end := stopped(&told); end || told.Len() > 0 {
		t.Errorf("the first stop: end %t, %q", end, told.String())
	}
	if end := stopped(&told); !end || !strings.Contains(told.String(), "the engine was restarted") {
		t.Errorf("the second stop: end %t, %q", end, told.String())
	}
	err = <-ended
	ended <- err
	if err == nil {
		t.Error("the engine wasn't asked to restart")
	}
	if err := <-failed; err == nil {
		t.Error("the execution went on to its end")
	}
}
