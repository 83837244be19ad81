package kernel

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
)

// forget undoes what earlier calls of Context did, before and after a test.
func forget(t *testing.T) {
	undo := func() {
		interruption.Lock()
		defer interruption.Unlock()
		interruption.ctx, interruption.cancel = nil, nil
	}
	undo()
	t.Cleanup(undo)
}

// stopButton is a stop button with the process that heeds it.
type stopButton struct {
	t       *testing.T
	presses chan os.Signal
	ended   chan struct{} // closed when the process is to end
	mu      sync.Mutex
	told    strings.Builder
}

func newStopButton(t *testing.T) *stopButton {
	b := &stopButton{t: t, presses: make(chan os.Signal), ended: make(chan struct{})}
	go func() {
		defer close(b.ended)
		heed(b.presses, b)
	}()
	return b
}

func (b *stopButton) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.told.Write(text)
}

// says returns what the user was told so far.
func (b *stopButton) says() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.told.String()
}

func (b *stopButton) press() { b.presses <- os.Interrupt }

// ends waits for the process's end.
func (b *stopButton) ends() {
	b.t.Helper()
	select {
	case <-b.ended:
	case <-time.After(30 * time.Second):
		b.t.Fatal("the process doesn't end")
	}
}

// goesOn checks that the process doesn't end soon.
func (b *stopButton) goesOn() {
	b.t.Helper()
	select {
	case <-b.ended:
		b.t.Fatalf("the process ends, saying %q", b.says())
	case <-time.After(4 * lookEvery):
	}
}

func TestFirstStopEndsTheContext(t *testing.T) {
	forget(t)
	use(t, gobackend.GetBackend())
	ctx := Context()
	if ctx != Context() {
		t.Error("two contexts")
	}
	b := newStopButton(t)
	b.press()
	<-ctx.Done()
	b.goesOn()
	b.press()
	b.ends()
	if b.says() != "" {
		t.Errorf("without an engine it says %q", b.says())
	}
}

func TestStopWithoutContextEnds(t *testing.T) {
	forget(t)
	use(t, gobackend.GetBackend())
	b := newStopButton(t)
	b.press()
	b.ends()
}

// TestStopLeavesIdleEngine sees that an engine with nothing to do keeps what it has.
func TestStopLeavesIdleEngine(t *testing.T) {
	forget(t)
	inCell(t)
	for range 3 {
		b := newStopButton(t)
		b.press()
		b.ends()
		if b.says() != "" {
			t.Errorf("it says %q", b.says())
		}
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

// runAway has the engine compute for this process until release is closed; the error is that of the execution.
func runAway(t *testing.T) (failed chan error) {
	t.Helper()
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
	failed = make(chan error)
	go func() {
		_, err := exec.Execute(nil, nil, 0)
		failed <- err
	}()
	for !computes() {
	}
	return failed
}

// TestSecondStopRestartsStuckEngine presses stop twice while the engine computes for this process.
func TestSecondStopRestartsStuckEngine(t *testing.T) {
	for _, withContext := range []bool{false, true} {
		t.Run(fmt.Sprintf("context %t", withContext), func(t *testing.T) {
			forget(t)
			release := make(chan struct{})
			defer close(release)
			_, ended := inCellWith(t, stuck{gobackend.GetBackend(), release})
			failed := runAway(t)
			if withContext {
				_ = Context()
			}
			b := newStopButton(t)
			b.press()
			b.goesOn()
			for !strings.Contains(b.says(), "press stop again") {
				b.goesOn()
			}
			b.press()
			b.ends()
			if !strings.Contains(b.says(), "the engine is restarted") {
				t.Errorf("the second stop says %q", b.says())
			}
			err := <-ended
			ended <- err
			if err == nil {
				t.Error("the engine wasn't asked to restart")
			}
			if err := <-failed; err == nil {
				t.Error("the execution went on to its end")
			}
		})
	}
}

// TestStoppedCellEndsWithItsComputation sees that one stop is enough where the engine comes to an end.
func TestStoppedCellEndsWithItsComputation(t *testing.T) {
	forget(t)
	release := make(chan struct{})
	inCellWith(t, stuck{gobackend.GetBackend(), release})
	failed := runAway(t)
	b := newStopButton(t)
	b.press()
	b.goesOn()
	close(release)
	<-failed
	b.ends()
	if strings.Contains(b.says(), "restarted") {
		t.Errorf("it says %q", b.says())
	}
}
