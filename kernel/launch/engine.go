package launch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// ExitRestart is the exit code with which an engine asks to be started again at once.
const ExitRestart = 75

const (
	firstDelay = 200 * time.Millisecond // before an engine that crashed is started again; doubles with each crash
	maxDelay   = 10 * time.Second
	// steady is how long an engine must have run for its crash to count as a first one.
	steady = time.Minute
)

// keeper starts the engine, and again when it ends.
type keeper struct {
	plan    plan
	notes   io.Writer
	running *child           // nil while none runs
	retry   <-chan time.Time // ticks when the next start is due; nil while one runs
	started time.Time
	crashes int // in a row
}

// start starts the engine. One that can't be started counts as a crash.
func (k *keeper) start() {
	k.retry = nil
	// A socket that a dead engine has left would refuse the new one.
	os.Remove(k.plan.Socket)
	log, err := os.OpenFile(k.plan.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		k.ended(err)
		return
	}
	defer log.Close()
	cmd := exec.Command(k.plan.Engine[0], append(k.plan.Engine[1:len(k.plan.Engine):len(k.plan.Engine)], "--socket", k.plan.Socket)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = k.plan.EngineEnv, log, log
	k.started = time.Now()
	if k.running, err = startChild(cmd); err != nil {
		k.ended(err)
	}
}

// ended plans the next start of an engine that ended with err.
func (k *keeper) ended(err error) {
	k.running = nil
	if code, exited := exitCode(err); exited && code == ExitRestart {
		k.crashes = 0
		k.retry = time.After(0)
		return
	}
	if time.Since(k.started) > steady {
		k.crashes = 0
	}
	delay := backoff(k.crashes)
	k.crashes++
	k.note("the engine ended (%s); starting it again in %v", describe(err), delay)
	k.retry = time.After(delay)
}

// note writes a line where the user may look: the server's log, by the guard's standard error, and the engine's log.
func (k *keeper) note(format string, args ...any) {
	line := fmt.Sprintf("otherwise kernel: "+format+"\n", args...)
	io.WriteString(k.notes, line)
	if log, err := os.OpenFile(k.plan.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err == nil {
		io.WriteString(log, line)
		log.Close()
	}
}

// done receives the engine's end; nil, which never does, while none runs.
func (k *keeper) done() <-chan error {
	if k.running == nil {
		return nil
	}
	return k.running.done
}

// backoff is how long to wait after a number of crashes before the last one.
func backoff(before int) time.Duration {
	return min(firstDelay<<min(before, 10), maxDelay)
}

// exitCode returns the exit code of a process that ended by itself.
func exitCode(err error) (code int, exited bool) {
	if err == nil {
		return 0, true
	}
	var failed *exec.ExitError
	if errors.As(err, &failed) && failed.Exited() {
		return failed.ExitCode(), true
	}
	return 0, false
}

func describe(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}
