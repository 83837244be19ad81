package engine

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"runtime/debug"
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
	// MemoryLimit bounds the bytes of all buffers together; 0 is no limit. What an execution takes besides its results
	// isn't counted: backends don't tell.
	MemoryLimit int64
	// ProgramLimit bounds the bytes of the compiled programs' logs together; 0 is 64 MiB, several hundred large networks.
	ProgramLimit int64
	// Log gets a line for what is out of the ordinary; nil for none.
	Log io.Writer
}

// ErrRestart is returned by Serve when a client asked for a new engine.
var ErrRestart = errors.New("a client asked the engine to restart")

var errSessionEnded = errors.New("the client is gone")

const (
	// helloTimeout is how long a connection may take to say who it is.
	helloTimeout = 10 * time.Second
	// acceptDelay is the time to the next attempt after a connection couldn't be taken.
	acceptDelay = 100 * time.Millisecond
	// maxDirect is how many connections may take a thread each.
	maxDirect = 64
)

// engine is the state that connections share.
type engine struct {
	Options
	id       string
	begun    time.Time
	store    *store
	programs *programs
	lastID   atomic.Uint64 // of buffers
	restart  chan struct{}

	executions atomic.Int64

	mu          sync.Mutex
	sessions    map[string]*session
	connections map[*connection]bool // nil when the engine is ending
	running     map[*connection]bool // those that execute
}

// Serve listens on the socket and works for clients until the context ends, which gives nil, or a client asks for a
// restart, which gives ErrRestart. Then all connections are closed, but an execution under way runs on. A stale socket is
// replaced; one that an engine answers on is an error.
func Serve(ctx context.Context, o Options) error {
	listener, err := listen(o.Socket)
	if err != nil {
		return err
	}
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
		programs: newPrograms(o.Backend, o.ProgramLimit), restart: make(chan struct{}, 1),
		sessions: map[string]*session{}, connections: map[*connection]bool{}, running: map[*connection]bool{}}
	defer e.hangUp()
	go e.accept(listener)
	select {
	case <-ctx.Done():
		return nil
	case <-e.restart:
		return ErrRestart
	}
}

// accept serves connections until the listener is closed. Any other failure, such as too many open files, passes.
func (e *engine) accept(listener *socket) {
	for {
		c, err := listener.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			e.note("can't take a connection: %v", err)
			time.Sleep(acceptDelay)
			continue
		}
		conn := &connection{engine: e, net: c, reader: bufio.NewReader(c)}
		if e.admit(conn) {
			go conn.work()
		}
	}
}

// work serves a connection. Whatever a client sends, the engine lives on.
func (c *connection) work() {
	defer c.dismiss()
	defer func() {
		if p := recover(); p != nil {
			c.note("a connection was closed after a panic: %v\n%s", p, debug.Stack())
		}
	}()
	if err := c.serve(); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		c.note("connection closed: %v", err)
	}
}

// admit takes a connection in; it is closed instead when the engine is ending.
func (e *engine) admit(c *connection) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.connections == nil {
		c.net.Close()
		return false
	}
	e.connections[c] = true
	return true
}

func (c *connection) dismiss() {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.connections, c)
	c.net.Close()
}

// hangUp ends all connections, so that every client learns of the engine's end.
func (e *engine) hangUp() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.connections {
		_ = wire.Shutdown(c.net) // one that is closed already needs none
	}
	e.connections = nil
}

func (e *engine) note(format string, args ...any) {
	fmt.Fprintf(e.Log, time.Now().Format(time.DateTime)+" "+format+"\n", args...)
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
		ProgramLimit: e.ProgramLimit, Executions: e.executions.Load(), PeakMemory: peakMemory()}
	st.Kept, st.BufferBytes = e.store.models()
	e.programs.mu.Lock()
	st.Programs, st.ProgramBytes, st.Compiled, st.Reused = len(e.programs.byHash), e.programs.bytes, e.programs.compiles, e.programs.reused
	e.programs.mu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	running := map[*session]int{}
	for c := range e.running {
		running[c.session]++
		if c.hungUp() {
			st.OrphansRunning++
		}
	}
	for _, s := range e.sessions {
		d := s.describe()
		d.Running = running[s]
		st.Sessions = append(st.Sessions, d)
	}
	return st
}
