package engine

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gomlx/compute"

	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

// connection works through one client's requests, one after the other.
type connection struct {
	*engine
	net     wire.Stream   // changed by greet alone, under the engine's lock
	reader  *bufio.Reader // of net
	session *session
	in, out []byte // scratch, reused from frame to frame
	blob    int64  // bytes of the current frame's blob that are still to be read
}

// serve answers requests until the client closes the connection, or breaks the protocol, which is an error.
func (c *connection) serve() error {
	err := c.greet()
	if c.session != nil {
		defer c.leave(c.session)
	}
	if err != nil {
		return err
	}
	for {
		kind, message, err := c.read()
		if err != nil {
			return err
		}
		reply, err := c.handle(kind, message)
		if err == nil && c.blob > 0 {
			err = fmt.Errorf("%w: a request of kind %d with %d bytes too many", wire.ErrMalformed, kind, c.blob)
		}
		switch {
		case errors.Is(err, wire.ErrMalformed) || c.blob > 0:
			// the stream can't be trusted any further; say why and close
			return errors.Join(err, c.fail(err))
		case kind == wire.KindFree: // has no answer
			if err != nil {
				c.note("%s: %v", c.session.client, err)
			}
			continue
		case err == nil:
			err = c.reply(reply)
		}
		if err != nil {
			err = c.fail(err)
		}
		if err != nil {
			return err
		}
	}
}

func (c *connection) read() (wire.Kind, []byte, error) {
	h, message, err := wire.ReadFrame(c.reader, c.in)
	if err != nil {
		return 0, nil, err
	}
	c.in, c.blob = message, h.Blob
	return h.Kind, message, nil
}

// answer is a reply that has a blob, or something to do after it was sent.
type answer struct {
	blob  []byte
	after func()
}

func (c *connection) reply(message any) error {
	if a, ok := message.(answer); ok {
		defer a.after()
		return c.send(wire.KindReply, nil, a.blob)
	}
	return c.send(wire.KindReply, message, nil)
}

func (c *connection) fail(err error) error {
	return c.send(wire.KindError, wire.Error{Text: err.Error(), NotImplemented: compute.IsNotImplemented(err)}, nil)
}

func (c *connection) send(kind wire.Kind, message any, blob []byte) (err error) {
	c.out, err = wire.WriteFrame(c.net, c.out, kind, message, blob)
	return err
}

// greet checks who connects and joins the connection to its session.
func (c *connection) greet() error {
	stream := c.net.(*net.UnixConn)
	if err := stream.SetReadDeadline(time.Now().Add(helloTimeout)); err != nil {
		return err
	}
	kind, message, err := c.read()
	if err != nil {
		return err
	}
	var hello wire.Hello
	switch {
	case kind != wire.KindHello || c.blob != 0:
		err = fmt.Errorf("%w: a connection begins with a hello, not with a frame of kind %d", wire.ErrMalformed, kind)
	default:
		err = wire.Unmarshal(message, &hello)
	}
	if err == nil && (hello.Protocol != wire.Protocol || hello.Interface != program.Interface()) {
		err = fmt.Errorf("the client speaks protocol %d (%s), this engine %d (%s): they are of different versions of Otherwise or GoMLX; restart the kernel; if that doesn't help, run: otherwise kernel install",
			hello.Protocol, hello.Interface, wire.Protocol, program.Interface())
	}
	if err == nil {
		c.session, err = c.join(hello)
	}
	if err != nil {
		return errors.Join(err, c.fail(err))
	}
	if err := stream.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if err := c.hasten(stream); err != nil {
		return err
	}
	return c.reply(c.welcome())
}

// hasten takes the connection out of Go's poller, unless so many are already that their threads would be a burden.
func (c *connection) hasten(stream *net.UnixConn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connections == nil || len(c.connections) > maxDirect {
		return nil
	}
	direct, err := wire.Direct(stream)
	if err != nil {
		return err
	}
	c.net = direct
	c.reader.Reset(direct) // a client waits for its welcome before it says more
	return nil
}

func (c *connection) welcome() wire.Welcome {
	b := c.Backend
	caps := b.Capabilities()
	w := wire.Welcome{Session: c.session.token, Engine: c.id, Backend: b.Name(), Description: b.Description(),
		Functions: caps.Functions, PreferConstants: caps.PreferConstantsForVariables}
	for i := range b.NumDevices() {
		w.DeviceDescriptions = append(w.DeviceDescriptions, b.DeviceDescription(compute.DeviceNum(i)))
	}
	for op, supported := range caps.Operations {
		if supported {
			w.Operations = append(w.Operations, op)
		}
	}
	for dtype, supported := range caps.DTypes {
		if supported {
			w.DTypes = append(w.DTypes, dtype)
		}
	}
	return w
}

// handle works on one request and returns the answer, a message or an [answer]. A panic of the backend is an error of
// the request.
func (c *connection) handle(kind wire.Kind, message []byte) (reply any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the engine's backend panicked: %v", p)
		}
	}()
	switch kind {
	case wire.KindInfer:
		reply, err = request(c.infer, message)
	case wire.KindLookup:
		reply, err = request(c.lookup, message)
	case wire.KindCompile:
		reply, err = request(c.compile, message)
	case wire.KindExecute:
		reply, err = request(c.execute, message)
	case wire.KindPut:
		reply, err = request(c.put, message)
	case wire.KindGet:
		reply, err = request(c.get, message)
	case wire.KindCopy:
		reply, err = request(c.copy, message)
	case wire.KindFree:
		reply, err = request(c.free, message)
	case wire.KindKeep:
		reply, err = request(c.keep, message)
	case wire.KindAttach:
		reply, err = request(c.attach, message)
	case wire.KindDrop:
		reply, err = request(c.drop, message)
	case wire.KindStatus:
		reply = c.status()
	case wire.KindRestart:
		reply = answer{after: c.askRestart} // the client is to hear that it worked
	default:
		err = fmt.Errorf("%w: there is no request of kind %d", wire.ErrMalformed, kind)
	}
	return reply, err
}

func (c *connection) askRestart() {
	select {
	case c.restart <- struct{}{}:
	default: // asked for already
	}
}

// request decodes a message and calls what works on it.
func request[M any](work func(M) (any, error), message []byte) (any, error) {
	var m M
	if err := wire.Unmarshal(message, &m); err != nil {
		return nil, err
	}
	return work(m)
}

// readBlob reads the rest of the current frame's blob, growing with what arrives.
func (c *connection) readBlob(limit int64) ([]byte, error) {
	if c.blob > limit {
		return nil, fmt.Errorf("%w: %s announced; the limit is %s", wire.ErrMalformed, wire.SizeText(c.blob), wire.SizeText(limit))
	}
	var out []byte
	for c.blob > 0 {
		chunk := min(c.blob, max(1<<20, int64(len(out))))
		out = append(out, make([]byte, chunk)...)
		if err := c.readInto(out[int64(len(out))-chunk:]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// skipBlob reads the rest of the current frame's blob for nothing, so that the next frame can be read.
func (c *connection) skipBlob() error {
	n, err := io.CopyN(io.Discard, c.reader, c.blob)
	c.blob -= n
	return err
}

func (c *connection) readInto(b []byte) error {
	n, err := io.ReadFull(c.reader, b)
	c.blob -= int64(n)
	if err != nil {
		return fmt.Errorf("a frame is cut off: %w", err)
	}
	return nil
}
