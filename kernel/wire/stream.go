package wire

import (
	"io"
	"net"
	"os"
	"syscall"
)

// Stream is a connected socket.
type Stream interface {
	io.ReadWriteCloser
	syscall.Conn
}

// Direct takes a connection out of Go's poller, which would wake a thread of its own for every byte that comes or goes;
// that costs more than a small request does. Reads and writes then wait in the operating system and take a thread
// meanwhile. They end with [Shutdown], not with Close. The connection given is closed.
func Direct(c *net.UnixConn) (Stream, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	var file *os.File
	var failed error
	err = raw.Control(func(fd uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		var own int
		if own, failed = syscall.Dup(int(fd)); failed != nil {
			return
		}
		syscall.CloseOnExec(own)
		if failed = syscall.SetNonblock(own, false); failed != nil {
			syscall.Close(own)
			return
		}
		file = os.NewFile(uintptr(own), "socket")
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return file, c.Close()
}

// Shutdown ends what goes on on a stream, on both sides.
func Shutdown(s Stream) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = syscall.Shutdown(int(fd), syscall.SHUT_RDWR) }); err != nil {
		return err
	}
	return failed
}
