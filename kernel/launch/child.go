package launch

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// child is a running process of the guard's.
type child struct {
	process *os.Process
	done    chan error // receives what cmd.Wait returned, once
}

// startChild starts cmd in a process group of its own, so that nothing sent to a sibling's group reaches it, and to die
// with the calling thread.
func startChild(cmd *exec.Cmd) (*child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	c := &child{process: cmd.Process, done: make(chan error, 1)}
	go func() { c.done <- cmd.Wait() }()
	return c, nil
}

// stop asks the process to end, and kills it after the time of grace. Nobody else may receive from done.
func (c *child) stop(grace time.Duration) {
	c.process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(grace):
		c.process.Kill()
		<-c.done
	}
}
