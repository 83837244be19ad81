package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
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
	own, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &eager{file, own}, c.Close()
}

// eagerness is how long a read looks again and again before it lets its thread sleep. Waking a thread on a core that idles
// takes tens of microseconds, as long as a small request does in all; most answers and next requests come sooner.
const eagerness = 50 * time.Microsecond

// eager is a socket whose reads are quick to notice what comes.
type eager struct {
	*os.File
	raw syscall.RawConn
}

func (e *eager) Read(b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	came := false
	err = e.raw.Read(func(fd uintptr) bool {
		for begun := time.Now(); !came && time.Since(begun) < eagerness; {
			n, came = receiveNow(fd, b)
		}
		return true
	})
	if err != nil || came {
		return n, err
	}
	return e.File.Read(b)
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
