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
	"otherwise/kernel/resident"
	"otherwise/kernel/wire"
)

// interruptedCode is the exit code of a cell that was stopped, as a shell gives it.
const interruptedCode = 130

const (
	// statusTimeout bounds how long a stopped cell waits for the engine's word.
	statusTimeout = 2 * time.Second
	// hintAfter is how long the engine may compute on after a stop before the user is told how to end that.
	hintAfter = 2 * time.Second
	// lookEvery is how often a stopped cell looks whether the engine is done.
	lookEvery = 50 * time.Millisecond
)

var interruption struct {
	sync.Mutex
	ctx    context.Context // nil until Context was called
	cancel context.CancelFunc
}

// Context ends with the notebook's stop button (SIGINT elsewhere). A cell that works under it should return then. One
// that doesn't is ended by a second stop, which also restarts the engine if it computes for the cell, since that can't
// be stopped otherwise.
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
	stops := make(chan os.Signal, 2)
	signal.Notify(stops, os.Interrupt)
	go func() {
		heed(stops, os.Stderr)
		os.Exit(interruptedCode)
	}()
})

// heed works on presses of the stop button, and returns when the process is to end.
func heed(stops <-chan os.Signal, told io.Writer) {
	<-stops
	interruption.Lock()
	cancel := interruption.cancel
	interruption.Unlock()
	if cancel != nil {
		cancel() // and whoever works under the context returns
	} else if !computes() {
		restartIfStuck(told, false)
		return
	}
	hint, look := time.After(hintAfter), time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-stops:
			restartIfStuck(told, true)
			return
		case <-look.C:
			if cancel == nil && !computes() {
				return
			}
		case <-hint:
			if computes() {
				fmt.Fprintln(told, "The engine still computes for this cell, and that can't be stopped. Wait, or press stop again: that restarts the engine, and what is on the device is lost.")
			}
		}
	}
}

// computes reports whether the engine computes for this process. One that doesn't answer doesn't.
func computes() bool {
	return ask(func(e *resident.Backend) bool {
		status, err := e.Status()
		return err == nil && (State{status}).computesFor(os.Getpid())
	})
}

// restartIfStuck restarts the engine when it computes for clients that are gone; anyway, also when it computes for this
// one. What it computes for others that share it is no reason.
func restartIfStuck(told io.Writer, anyway bool) {
	ask(func(e *resident.Backend) bool {
		status, err := e.Status()
		if err != nil || status.OrphansRunning == 0 && !(anyway && (State{status}).computesFor(os.Getpid())) {
			return false
		}
		// Said first, for the cell may end as soon as the engine is gone.
		fmt.Fprintln(told, "A computation can't be stopped, so the engine is restarted: what was on the device is gone. Run again the cells that load or make it.")
		return e.Restart() == nil
	})
}

// ask asks the engine a question; the answer is no where there is none, or none within the time.
func ask(question func(*resident.Backend) bool) bool {
	answer := make(chan bool, 1)
	go func() {
		b, err := Backend()
		answer <- err == nil && engine(b) != nil && question(engine(b))
	}()
	select {
	case yes := <-answer:
		return yes
	case <-time.After(statusTimeout):
		return false
	}
}
