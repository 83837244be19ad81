package kernel

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"otherwise/kernel/display"
	"otherwise/kernel/wire"
)

// interruptedCode is the exit code of a cell that was stopped, as a shell gives it.
const interruptedCode = 130

// statusTimeout bounds how long a stopped cell waits for the engine's word.
const statusTimeout = 2 * time.Second

var interruption = struct {
	sync.Mutex
	ctx    context.Context // nil until Context was called
	cancel context.CancelFunc
	stops  int
}{}

// Context ends with the notebook's stop button (SIGINT elsewhere). A cell that works under it should return then; one
// that doesn't is ended by a second stop, which also restarts the engine, since what runs there can't be stopped.
func Context() context.Context {
	interruption.Lock()
	defer interruption.Unlock()
	if interruption.ctx == nil {
		interruption.ctx, interruption.cancel = context.WithCancel(context.Background())
		listen()
	}
	return interruption.ctx
}

// A cell of a notebook heeds the stop button in any case: it may have to restart the engine. Other programs that use an
// engine see to their own signals, unless they call Context.
func init() {
	if os.Getenv(wire.EngineEnv) != "" && display.InNotebook() {
		listen()
	}
}

var listen = sync.OnceFunc(func() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt)
	go func() {
		for range signals {
			if end := stopped(os.Stderr); end {
				os.Exit(interruptedCode)
			}
		}
	}()
})

// stopped works on one press of the stop button and reports whether the process is to end now.
func stopped(told io.Writer) (end bool) {
	interruption.Lock()
	interruption.stops++
	first, cancel := interruption.stops == 1, interruption.cancel
	interruption.Unlock()
	if first && cancel != nil {
		cancel()
		return false
	}
	restartIfStuck(told, !first)
	return true
}

// restartIfStuck restarts the engine when it computes for clients that are gone; anyway, also when it computes for this
// one, of which it only tells otherwise. What it computes for others that share it is no reason.
func restartIfStuck(told io.Writer, anyway bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		b, err := Backend()
		if err != nil || engine(b) == nil {
			return
		}
		status, err := engine(b).Status()
		if err != nil {
			return // nothing to restart
		}
		busy := (State{status}).computesFor(os.Getpid())
		if status.OrphansRunning == 0 && !(anyway && busy) {
			if busy {
				fmt.Fprintln(told, "What this cell computes in the engine can't be stopped and goes on. If it doesn't end by itself, stop the next cell too, or run kernel.Reset(): that restarts the engine.")
			}
			return
		}
		if err := engine(b).Restart(); err == nil {
			fmt.Fprintln(told, "A computation could not be stopped, so the engine was restarted: what was on the device is gone. Run again the cells that load or make it.")
		}
	}()
	select {
	case <-done:
	case <-time.After(statusTimeout):
	}
}
