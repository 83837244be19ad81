package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomlx/compute"

	"otherwise/kernel/wire"
)

// Options are the settings of an engine.
type Options struct {
	// Socket is the path of the socket to make. Its folder must be accessible to this user alone.
	Socket string
	// Backend does the work. Serve doesn't finalize it.
	Backend compute.Backend
	// MemoryLimit bounds the bytes of all buffers together; 0 is no limit.
	MemoryLimit int64
	// ProgramLimit bounds the bytes of the compiled programs' logs together; 0 is 64 MiB, several hundred large networks.
	ProgramLimit int64
	// Log gets a line for what is out of the ordinary; nil for none.
	Log io.Writer
}

// ErrRestart is returned by Serve when a client asked for a new engine.
var ErrRestart = errors.New("a client asked the engine to restart")

var errSessionEnded = errors.New("the client is gone")

// helloTimeout is how long a connection may take to say who it is.
const helloTimeout = 10 * time.Second

// engine is the state that connections share.
type engine struct {
	Options
	id       string
	begun    time.Time
	store    *store
	programs *programs
	lastID   atomic.Uint64 // of buffers
	restart  chan struct{}

	executions, orphans atomic.Int64

	mu       sync.Mutex
	sessions map[string]*session
}

// Serve listens on the socket and works for clients until the context ends, which gives nil, or a client asks for a
// restart, which gives ErrRestart. A stale socket is replaced; one that an engine answers on is an error.
func Serve(ctx context.Context, o Options) error {
	listener, err := listen(o.Socket)
	if err != nil {
		return err
	}
	defer os.Remove(o.Socket)
	defer listener.Close()
	if o.MemoryLimit == 0 {
		o.MemoryLimit = math.MaxInt64
	}
	if o.ProgramLimit == 0 {
		o.ProgramLimit = 64 << 20
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	e := &engine{Options: o, id: rand.Text(), begun: time.Now(), store: newStore(o.MemoryLimit),
		programs: newPrograms(o.Backend, o.ProgramLimit), restart: make(chan struct{}, 1), sessions: map[string]*session{}}
	failed := make(chan error, 1)
	go func() { failed <- e.accept(listener) }()
	select {
	case <-ctx.Done():
		return nil
	case <-e.restart:
		return ErrRestart
	case err := <-failed:
		return fmt.Errorf("the engine can't take connections: %w", err)
	}
}

func listen(path string) (net.Listener, error) {
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("the engine's socket: %w", err)
	}
	if folder.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the engine's socket: %s is open to others (%s); use a folder of mode 0700", filepath.Dir(path), folder.Mode().Perm())
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return nil, fmt.Errorf("an engine answers on %s already; connect to it with OTHERWISE_ENGINE=unix:%s, or end it first", path, path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("removing a stale socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("the engine's socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("the engine's socket: %w", err)
	}
	return l, nil
}

func (e *engine) accept(listener net.Listener) error {
	for {
		c, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			if err := e.serve(c); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				fmt.Fprintf(e.Log, "%s connection closed: %v\n", time.Now().Format(time.DateTime), err)
			}
		}()
	}
}

// join finds or makes the session of a connection that introduces itself.
func (e *engine) join(hello wire.Hello) (*session, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if hello.Session == "" {
		s := newSession(rand.Text(), hello)
		e.sessions[s.token] = s
		return s, nil
	}
	s, found := e.sessions[hello.Session]
	if !found {
		return nil, errors.New("the engine knows no such session; it was restarted: run the cell again")
	}
	s.mu.Lock()
	s.connections++
	s.mu.Unlock()
	return s, nil
}

// leave ends the session with its last connection.
func (e *engine) leave(s *session) {
	e.mu.Lock()
	s.mu.Lock()
	s.connections--
	last := s.connections == 0
	s.mu.Unlock()
	if last {
		delete(e.sessions, s.token)
	}
	e.mu.Unlock()
	if last {
		s.end(e.store, e.programs)
	}
}

// status describes what the engine holds and does.
func (e *engine) status() wire.Status {
	st := wire.Status{PID: os.Getpid(), Backend: e.Backend.Description(), Uptime: time.Since(e.begun), BufferLimit: e.MemoryLimit,
		ProgramLimit: e.ProgramLimit, Executions: e.executions.Load(), OrphansRunning: int(e.orphans.Load()), PeakMemory: peakMemory()}
	st.Kept, st.BufferBytes = e.store.models()
	e.programs.mu.Lock()
	st.Programs, st.ProgramBytes, st.Compiled, st.Reused = len(e.programs.byID), e.programs.bytes, e.programs.compiles, e.programs.reused
	e.programs.mu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.sessions {
		st.Sessions = append(st.Sessions, s.describe())
	}
	return st
}
