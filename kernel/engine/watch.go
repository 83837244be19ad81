package engine

import (
	"errors"
	"syscall"
)

// begin notes that the connection executes; the function that it returns ends that.
func (c *connection) begin() (done func()) {
	c.executions.Add(1)
	c.mu.Lock()
	c.running[c] = true
	c.mu.Unlock()
	return func() {
		c.mu.Lock()
		delete(c.running, c)
		c.mu.Unlock()
	}
}

// hungUp reports whether the client has closed the connection, on which it waits for an answer. A backend's execution
// can't be stopped, so one whose client goes away runs on, as an orphan.
func (c *connection) hungUp() bool {
	raw, err := c.net.SyscallConn()
	if err != nil {
		return true
	}
	gone := false
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		waiting := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR)
		gone = n <= 0 && !waiting
	})
	return gone || err != nil
}
