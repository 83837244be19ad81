package engine

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// maxSocketPath is the longest path of a socket, in bytes, that every Unix takes.
const maxSocketPath = 103

// socket is a listener with the lock that makes it the only one on its path.
type socket struct {
	*net.UnixListener
	lock *flock.Flock
}

// listen makes the socket, for this user alone.
func listen(path string) (*socket, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("the engine's socket: the path %s has %d bytes, the most is %d; choose a shorter one", path, len(path), maxSocketPath)
	}
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("the engine's socket: %w", err)
	}
	if folder.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the engine's socket: %s is open to others (%s); use a folder of mode 0700", filepath.Dir(path), folder.Mode().Perm())
	}
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("the engine's socket: %w", err)
	}
	if !locked {
		return nil, taken(path)
	}
	l, err := replace(path)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return &socket{l, lock}, nil
}

// replace listens in place of an engine that died. The caller has the lock; a socket that answers all the same is no
// engine's of this machine, but may be a forwarded one.
func replace(path string) (*net.UnixListener, error) {
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return nil, taken(path)
	}
	info, err := os.Lstat(path)
	if err == nil && info.Mode().Type() != os.ModeSocket {
		return nil, fmt.Errorf("the engine's socket: %s is there and no socket; choose another path", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("removing a stale socket: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("the engine's socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("the engine's socket: %w", err)
	}
	return l, nil
}

func taken(path string) error {
	return fmt.Errorf("an engine answers on %s already; connect to it with OTHERWISE_ENGINE=unix:%s, or end it first", path, path)
}

// Close removes the socket, then gives the lock back.
func (s *socket) Close() error {
	return errors.Join(s.UnixListener.Close(), s.lock.Unlock())
}
