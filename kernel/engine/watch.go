package engine

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// watchAfter is how long an execution runs before its client is watched: most are over long before.
const watchAfter = time.Second

// watch notes that an execution is under way; the function that it returns ends that. A backend's execution can't be
// stopped, so one whose client goes away runs on, as an orphan, which the engine's status tells.
func (c *connection) watch() (done func()) {
	s := c.session
	s.mu.Lock()
	s.running++
	s.mu.Unlock()
	c.executions.Add(1)
	orphaned, watched := false, make(chan struct{})
	timer := time.AfterFunc(watchAfter, func() {
		defer close(watched)
		if orphaned = c.waitForHangup(); orphaned {
			c.orphans.Add(1)
		}
	})
	return func() {
		if !timer.Stop() {
			_ = c.net.SetReadDeadline(time.Now()) // ends the wait
			<-watched
			_ = c.net.SetReadDeadline(time.Time{})
			if orphaned {
				c.orphans.Add(-1)
			}
		}
		s.mu.Lock()
		s.running--
		s.mu.Unlock()
	}
}

// waitForHangup reports true once the client has closed the connection, false when the read deadline passes first.
func (c *connection) waitForHangup() bool {
	conn, ok := c.net.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	gone := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
			return false // not readable: wait
		}
		gone = n == 0 || err != nil
		return true
	})
	return gone && !errors.Is(err, os.ErrDeadlineExceeded)
}
