package wire

import (
	"net"
	"syscall"
)

// Block makes reads and writes of a connection wait in the operating system rather than in Go's poller, whose way costs
// a small request half as much again. A read takes a thread while it waits, and ends with data or with a shutdown by
// either side, not with Close.
func Block(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = syscall.SetNonblock(int(fd), false) }); err != nil {
		return err
	}
	return failed
}
