package engine_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"

	"otherwise/kernel/engine"
	"otherwise/kernel/program"
	"otherwise/kernel/resident"
	"otherwise/kernel/wire"
)

// server is an engine under test.
type server struct {
	t      *testing.T
	socket string
	log    *record
	ended  chan error
	stop   context.CancelFunc
}

// record is a log that many write to.
type record struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// privateFolder is a short path, as sockets need, of mode 0700.
func privateFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

// start serves, with Go's backend where the options name none, until the test ends.
func start(t *testing.T, o engine.Options) *server {
	t.Helper()
	s := &server{t: t, log: &record{}, ended: make(chan error, 1)}
	if o.Socket == "" {
		o.Socket = filepath.Join(privateFolder(t), "engine.sock")
	}
	if o.Backend == nil {
		o.Backend = gobackend.GetBackend()
	}
	o.Log, s.socket = s.log, o.Socket
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	go func() { s.ended <- engine.Serve(ctx, o) }()
	t.Cleanup(func() {
		s.stop()
		s.ended <- <-s.ended
	})
	s.until("the engine answers", func() bool {
		c, err := net.Dial("unix", s.socket)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return s
}

// until waits for something to become true. The time limit only ends a test that would never end.
func (s *server) until(what string, true func() bool) {
	s.t.Helper()
	for range 3000 {
		if true() {
			return
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			s.t.Fatalf("waiting until %s, the engine ended: %v", what, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	s.t.Fatalf("it never came true that %s; the engine's log:\n%s", what, s.log)
}

// connect opens a session.
func (s *server) connect() *resident.Backend {
	s.t.Helper()
	b, err := resident.New("unix:" + s.socket)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(b.Finalize)
	return b
}

func (s *server) status(b *resident.Backend) wire.Status {
	s.t.Helper()
	st, err := b.Status()
	if err != nil {
		s.t.Fatal(err)
	}
	return st
}

// raw is a client that can say anything.
type raw struct {
	t *testing.T
	net.Conn
}

// dial connects without a word.
func (s *server) dial() raw {
	s.t.Helper()
	c, err := net.Dial("unix", s.socket)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	return raw{s.t, c}
}

// hello is what a client of this version says.
func hello() wire.Hello {
	return wire.Hello{Protocol: wire.Protocol, Interface: program.Interface(), Client: "test", PID: os.Getpid()}
}

// greeted connects and introduces itself.
func (s *server) greeted() raw {
	s.t.Helper()
	r := s.dial()
	if text := r.ask(wire.KindHello, hello(), nil, &wire.Welcome{}); text != "" {
		s.t.Fatal(text)
	}
	return r
}

func (r raw) send(kind wire.Kind, message any, blob []byte) {
	r.t.Helper()
	if _, err := wire.WriteFrame(r, nil, kind, message, blob); err != nil {
		r.t.Fatal(err)
	}
}

// push sends what the engine may hang up on before it has read all.
func (r raw) push(kind wire.Kind, message any, blob []byte) {
	_, _ = wire.WriteFrame(r, nil, kind, message, blob)
}

// ask sends a request and returns the text of the error that answers it, "" for none.
func (r raw) ask(kind wire.Kind, message any, blob []byte, reply any) string {
	r.t.Helper()
	r.send(kind, message, blob)
	h, answer, err := wire.ReadFrame(r, nil)
	if err != nil {
		r.t.Fatalf("instead of an answer: %v", err)
	}
	if h.Kind == wire.KindError {
		var e wire.Error
		if err := wire.Unmarshal(answer, &e); err != nil {
			r.t.Fatal(err)
		}
		return e.Text
	}
	if reply != nil {
		if err := wire.Unmarshal(answer, reply); err != nil {
			r.t.Fatal(err)
		}
	}
	return ""
}

// closed waits for the engine to close the connection.
func (r raw) closed() {
	r.t.Helper()
	if _, _, err := wire.ReadFrame(r, nil); err == nil {
		r.t.Error("the connection goes on")
	}
}

// vector is the shape of n numbers.
func vector(n int) shapes.Shape { return shapes.Make(dtypes.Float32, n) }

func put(t *testing.T, b compute.Backend, values ...float32) compute.Buffer {
	t.Helper()
	buffer, err := b.BufferFromFlatData(0, values, vector(len(values)))
	if err != nil {
		t.Fatal(err)
	}
	return buffer
}

func read(t *testing.T, b compute.Buffer) []float32 {
	t.Helper()
	s, err := b.Shape()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, s.Size())
	if err := b.ToFlatData(values); err != nil {
		t.Fatal(err)
	}
	return values
}

// adding compiles x+y for vectors of n numbers.
func adding(t *testing.T, b compute.Backend, n int) compute.Executable {
	t.Helper()
	exec, err := compileAdding(b, n)
	if err != nil {
		t.Fatal(err)
	}
	return exec
}

func compileAdding(b compute.Backend, n int) (compute.Executable, error) {
	builder := b.Builder("adding")
	main := builder.Main()
	x, err := main.Parameter("x", vector(n), nil)
	if err != nil {
		return nil, err
	}
	y, err := main.Parameter("y", vector(n), nil)
	if err != nil {
		return nil, err
	}
	sum, err := main.Add(x, y)
	if err != nil {
		return nil, err
	}
	if err := main.Return([]compute.Value{sum}, nil); err != nil {
		return nil, err
	}
	return builder.Compile()
}

// slow is a backend whose compilations and executions can be watched and held up, and made to fail.
type slow struct {
	compute.Backend
	compiling, executing chan struct{} // gets a value for each that begins
	compile, execute     chan error    // one is received before each goes on, when not nil
}

func newSlow() *slow {
	return &slow{Backend: gobackend.GetBackend(), compiling: make(chan struct{}, 100), executing: make(chan struct{}, 100)}
}

func (s *slow) Builder(name string) compute.Builder {
	return &slowBuilder{s.Backend.Builder(name), s}
}

type slowBuilder struct {
	compute.Builder
	slow *slow
}

func (b *slowBuilder) Compile() (compute.Executable, error) {
	b.slow.compiling <- struct{}{}
	if b.slow.compile != nil {
		if err := <-b.slow.compile; err != nil {
			return nil, err
		}
	}
	exec, err := b.Builder.Compile()
	return &slowExecutable{exec, b.slow}, err
}

type slowExecutable struct {
	compute.Executable
	slow *slow
}

func (e *slowExecutable) Execute(in []compute.Buffer, donate []bool, device compute.DeviceNum) ([]compute.Buffer, error) {
	e.slow.executing <- struct{}{}
	if e.slow.execute != nil {
		if err := <-e.slow.execute; err != nil {
			return nil, err
		}
	}
	return e.Executable.Execute(in, donate, device)
}
