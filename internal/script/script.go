// Package script runs Python programs for tests.
package script

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// Command is a Python program whose output is the test's. One that takes longer than the limit, which none should come near to, is
// ended and says where it stood.
func Command(t *testing.T, limit time.Duration, python string, arguments ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	program := exec.CommandContext(ctx, python, append([]string{"-X", "faulthandler"}, arguments...)...)
	program.Stdout, program.Stderr = t.Output(), t.Output()
	program.Cancel = func() error {
		t.Errorf("%v hasn't ended after %v; the innermost calls come first:", arguments, limit)
		return program.Process.Signal(syscall.SIGABRT) // on which Python's faulthandler prints the stacks
	}
	program.WaitDelay = time.Minute // what it started may still have its output open
	return program
}

// Run runs a program and, where something that it started outlives it, says what runs.
func Run(t *testing.T, program *exec.Cmd) error {
	t.Helper()
	err := program.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		all, _ := exec.Command("ps", "-e", "-o", "pid,ppid,etime,args").Output()
		t.Logf("something that it started still has its output open:\n%s", all)
	}
	return err
}
