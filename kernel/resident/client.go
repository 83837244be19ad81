package resident

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gomlx/compute"
	"github.com/pkg/errors"

	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

// ErrEngineGone is returned (wrapped) when the engine doesn't answer any more.
var ErrEngineGone = errors.New("the engine is gone, and with it what was on the device: run again the cells that load or make what this one uses")

const (
	dialTimeout = 5 * time.Second
	// freeDelay is how long buffers that were let go wait for company, or for the next request.
	freeDelay = 50 * time.Millisecond
)

// client is a session with an engine: connections, each for one request at a time, and what is to be freed.
type client struct {
	path    string // of the engine's socket
	welcome wire.Welcome

	mu     sync.Mutex
	idle   []*connection
	closed bool
	frees  wire.Free
	timed  bool // flushFrees is going to be called
}

// connection is one of a client's.
type connection struct {
	net     wire.Stream
	reader  *bufio.Reader
	writer  *bufio.Writer
	in, out []byte // scratch
}

// dial opens a session.
func dial(address string) (*client, error) {
	path, err := wire.SocketPath(address)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	c := &client{path: path}
	conn, welcome, err := c.connect("")
	if err != nil {
		return nil, err
	}
	c.welcome = welcome
	c.idle = append(c.idle, conn)
	return c, nil
}

func (c *client) connect(session string) (*connection, wire.Welcome, error) {
	var w wire.Welcome
	socket, err := net.DialTimeout("unix", c.path, dialTimeout)
	if err != nil {
		return nil, w, errors.WithMessagef(ErrEngineGone, "no engine answers (%v)", err)
	}
	stream, err := wire.Direct(socket.(*net.UnixConn))
	if err != nil {
		socket.Close()
		return nil, w, errors.WithStack(err)
	}
	conn := &connection{net: stream, reader: bufio.NewReader(stream), writer: bufio.NewWriter(stream)}
	name, _ := os.Executable() // for people who look at the status
	hello := wire.Hello{Protocol: wire.Protocol, Interface: program.Interface(), Session: session,
		Client: filepath.Base(name), PID: os.Getpid()}
	if err := conn.call(wire.Free{}, wire.KindHello, hello, nil, &w, nil); err != nil {
		stream.Close()
		if session != "" { // another engine answers, which knows nothing of this session
			err = &brokenError{err}
		}
		return nil, w, errors.WithMessagef(err, "connecting to the engine at %s", c.path)
	}
	return conn, w, nil
}

// call makes a request: message and blob go out, the answer's message goes to reply and its blob to into, whichever isn't
// nil. It waits for the answer.
func (c *client) call(kind wire.Kind, message any, blob []byte, reply any, into []byte) error {
	conn, frees, err := c.take()
	if err != nil {
		return err
	}
	err = conn.call(frees, kind, message, blob, reply, into)
	if broken(err) {
		conn.net.Close()
		return err
	}
	c.giveBack(conn)
	return err
}

// take gives an idle connection, or a new one, and what waits to be freed.
func (c *client) take() (*connection, wire.Free, error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, wire.Free{}, errors.Errorf("backend %s was finalized", Name)
	}
	frees := c.takeFrees()
	if n := len(c.idle); n > 0 {
		conn := c.idle[n-1]
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		return conn, frees, nil
	}
	c.mu.Unlock()
	conn, _, err := c.connect(c.welcome.Session)
	return conn, frees, err
}

// takeFrees empties the list of what waits to be freed; the caller holds the lock.
func (c *client) takeFrees() wire.Free {
	frees := c.frees
	c.frees = wire.Free{}
	return frees
}

func (c *client) freeBuffer(id uint64)  { c.free(wire.Free{IDs: []uint64{id}}) }
func (c *client) freeProgram(id uint64) { c.free(wire.Free{Programs: []uint64{id}}) }

// free notes what isn't needed any more. It never waits: the garbage collector may call it.
func (c *client) free(f wire.Free) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return // the engine frees everything itself
	}
	c.frees.IDs = append(c.frees.IDs, f.IDs...)
	c.frees.Programs = append(c.frees.Programs, f.Programs...)
	if !c.timed { // a timer for each would cost more than a request
		c.timed = true
		time.AfterFunc(freeDelay, c.flushFrees)
	}
}

func (c *client) flushFrees() {
	c.mu.Lock()
	c.timed = false
	none := len(c.frees.IDs)+len(c.frees.Programs) == 0
	c.mu.Unlock()
	if none {
		return // requests took all along
	}
	conn, frees, err := c.take()
	if err != nil {
		return // the engine frees everything itself
	}
	if err := conn.free(frees); err != nil {
		conn.net.Close()
		return
	}
	c.giveBack(conn)
}

// giveBack makes a connection idle again.
func (c *client) giveBack(conn *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		conn.net.Close()
	} else {
		c.idle = append(c.idle, conn)
	}
}

func (c *client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.takeFrees()
	for _, conn := range c.idle {
		conn.net.Close()
	}
	c.idle = nil
}

// call makes one request, with the frees ahead of it.
func (c *connection) call(frees wire.Free, kind wire.Kind, message any, blob []byte, reply any, into []byte) error {
	if err := c.send(frees, kind, message, blob); errors.Is(err, wire.ErrUnsendable) {
		return err
	} else if err != nil {
		return &brokenError{err}
	}
	h, body, err := wire.ReadFrame(c.reader, c.in)
	if err != nil {
		return &brokenError{err}
	}
	c.in = body
	if h.Kind == wire.KindError {
		return remoteError(body)
	}
	if h.Kind != wire.KindReply || h.Blob != int64(len(into)) {
		return &brokenError{fmt.Errorf("%w: an answer of kind %d with %d bytes; expected %d", wire.ErrMalformed, h.Kind, h.Blob, len(into))}
	}
	if reply != nil {
		if err := wire.Unmarshal(body, reply); err != nil {
			return &brokenError{err}
		}
	}
	if _, err := io.ReadFull(c.reader, into); err != nil {
		return &brokenError{err}
	}
	return nil
}

func (c *connection) send(frees wire.Free, kind wire.Kind, message any, blob []byte) (err error) {
	if err := c.writeFrees(frees); err != nil {
		return err
	}
	if c.out, err = wire.WriteFrame(c.writer, c.out, kind, message, blob); err != nil {
		return err
	}
	return c.writer.Flush()
}

func (c *connection) free(frees wire.Free) error {
	if err := c.writeFrees(frees); err != nil {
		return err
	}
	return c.writer.Flush()
}

// writeFrees leaves the frees, if there are any, in the writer's buffer.
func (c *connection) writeFrees(frees wire.Free) (err error) {
	if len(frees.IDs)+len(frees.Programs) > 0 {
		c.out, err = wire.WriteFrame(c.writer, c.out, wire.KindFree, frees, nil)
	}
	return err
}

// remoteError is the engine's.
func remoteError(body []byte) error {
	var e wire.Error
	if err := wire.Unmarshal(body, &e); err != nil {
		return &brokenError{err}
	}
	if e.NotImplemented {
		return errors.Wrap(compute.ErrNotImplemented, e.Text)
	}
	return errors.New(e.Text)
}

// brokenError is of a connection that can't be used any more.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return fmt.Sprintf("%v (%v)", ErrEngineGone, e.err) }
func (e *brokenError) Unwrap() []error {
	return []error{ErrEngineGone, e.err}
}

func broken(err error) bool {
	var b *brokenError
	return errors.As(err, &b)
}
