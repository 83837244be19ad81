package engine_test

import (
	"net"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"otherwise/kernel/engine"
	"otherwise/kernel/wire"
)

func TestHelloOfAnotherVersion(t *testing.T) {
	s := start(t, engine.Options{})
	older, other := hello(), hello()
	older.Protocol--
	other.Interface = "0123456789abcdef"
	for name, h := range map[string]wire.Hello{"protocol": older, "operations": other} {
		r := s.dial()
		text := r.ask(wire.KindHello, h, nil, nil)
		if !strings.Contains(text, "restart the kernel") || !strings.Contains(text, "otherwise kernel install") {
			t.Errorf("%s: %q", name, text)
		}
		r.closed()
	}
}

func TestHelloComesFirst(t *testing.T) {
	s := start(t, engine.Options{})
	r := s.dial()
	if text := r.ask(wire.KindStatus, nil, nil, nil); !strings.Contains(text, "begins with a hello") {
		t.Errorf("%q", text)
	}
	r.closed()
}

func TestUnknownSession(t *testing.T) {
	s := start(t, engine.Options{})
	h := hello()
	h.Session = "NOSUCHSESSION"
	if text := s.dial().ask(wire.KindHello, h, nil, nil); !strings.Contains(text, "restarted") {
		t.Errorf("%q", text)
	}
}

// TestEngineOutlivesHostileClients sends what no client would, and sees others served all the same.
func TestEngineOutlivesHostileClients(t *testing.T) {
	s := start(t, engine.Options{MemoryLimit: 1 << 20})
	good := s.connect()
	header := func(kind wire.Kind, message uint32, blob uint64) []byte {
		b := append([]byte("Ow1"), byte(kind), byte(message), byte(message>>8), byte(message>>16), byte(message>>24))
		for i := range 8 {
			b = append(b, byte(blob>>(8*i)))
		}
		return b
	}
	for name, attack := range map[string]func(raw){
		"garbage before the hello": func(r raw) { _, _ = r.Write([]byte("GET / HTTP/1.1\r\nHost: engine\r\n\r\n")) },
		"silence":                  func(raw) {},
		"half a header":            func(r raw) { _, _ = r.Write(header(wire.KindHello, 0, 0)[:9]) },
		"half a hello":             func(r raw) { _, _ = r.Write(append(header(wire.KindHello, 50, 0), 1, 2, 3)) },
		"a hello of 4 GB":          func(r raw) { _, _ = r.Write(header(wire.KindHello, 1<<32-1, 0)) },
		"a hello with a blob":      func(r raw) { r.push(wire.KindHello, hello(), []byte("blob")) },
		"a hello, then no reading": func(r raw) { r.push(wire.KindHello, hello(), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			r := s.dial()
			attack(r)
			s.status(good)
			r.Close()
			s.status(good)
		})
	}
	for name, test := range map[string]struct {
		attack func(raw)
		want   string
	}{
		"garbage":                  {func(r raw) { _, _ = r.Write([]byte("garbage, and more of it")) }, ""},
		"an unknown request":       {func(r raw) { r.push(200, nil, nil) }, "no request of kind 200"},
		"an empty message":         {func(r raw) { r.push(wire.KindExecute, nil, nil) }, "malformed"},
		"an unasked blob":          {func(r raw) { r.push(wire.KindStatus, nil, []byte("blob")) }, "too many"},
		"an unasked huge blob":     {func(r raw) { _, _ = r.Write(header(wire.KindRestart, 0, 1<<40)) }, "too many"},
		"a program of 4 GB":        {func(r raw) { _, _ = r.Write(append(header(wire.KindCompile, 33, 4<<30), make([]byte, 33)...)) }, "the limit is"},
		"a program of another sum": {func(r raw) { r.push(wire.KindCompile, wire.Compile{}, []byte("log")) }, "isn't the one"},
		"a blob of another size":   {func(r raw) { r.push(wire.KindPut, wire.Put{Shape: vector(4)}, make([]byte, 15)) }, "15 bytes announced"},
		"a shape of 2^63 numbers":  {func(r raw) { r.push(wire.KindPut, wire.Put{Shape: vector(1 << 62)}, nil) }, "dimensions"},
		"a negative dimension": {func(r raw) {
			r.push(wire.KindPut, wire.Put{Shape: shapes.Shape{DType: dtypes.Bool, Dimensions: []int{-1}}}, nil)
		}, "dimensions"},
		"a shape without a type": {func(r raw) { r.push(wire.KindPut, wire.Put{}, nil) }, "data type"},
		"a tuple": {func(r raw) {
			r.push(wire.KindPut, wire.Put{Shape: shapes.Shape{DType: dtypes.Bool, TupleShapes: []shapes.Shape{{}}}}, nil)
		}, "data type"},
		"operations of nothing": {func(r raw) { r.push(wire.KindInfer, wire.Infer{Log: []byte{0xff, 0x7f, 0}}, nil) }, "there is no operation"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.greeted()
			test.attack(r)
			h, message, err := wire.ReadFrame(r, nil)
			if test.want == "" {
				if err == nil && h.Kind != wire.KindError {
					t.Errorf("answered with kind %d", h.Kind)
				}
			} else {
				var e wire.Error
				if err != nil || h.Kind != wire.KindError || wire.Unmarshal(message, &e) != nil || !strings.Contains(e.Text, test.want) {
					t.Errorf("got kind %d, %q, %v; want %q", h.Kind, e.Text, err, test.want)
				}
				r.closed()
			}
			s.status(good)
		})
	}
}

// TestUnreadAnswersBlockNobody has a client ask for much and read nothing of it.
func TestUnreadAnswersBlockNobody(t *testing.T) {
	s := start(t, engine.Options{})
	b := s.connect()
	r := s.greeted()
	var big wire.Buffer
	if text := r.ask(wire.KindPut, wire.Put{Shape: vector(4 << 20)}, make([]byte, 16<<20), &big); text != "" {
		t.Fatal(text)
	}
	r.send(wire.KindGet, wire.Get{ID: big.ID}, nil)
	if got := read(t, put(t, b, 1, 2)); got[1] != 2 {
		t.Errorf("another client read %v", got)
	}
	if n := len(s.status(b).Sessions); n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
	r.Close()
	s.until("the client's memory is free", func() bool { return s.status(b).BufferBytes <= 8 })
}

// TestManyConnections opens more than may take a thread each.
func TestManyConnections(t *testing.T) {
	s := start(t, engine.Options{})
	var all []raw
	for range 80 {
		all = append(all, s.greeted())
	}
	for _, r := range all {
		if text := r.ask(wire.KindStatus, nil, nil, &wire.Status{}); text != "" {
			t.Fatal(text)
		}
	}
}

// TestEndHangsUp sees that a client learns of the engine's end at once.
func TestEndHangsUp(t *testing.T) {
	s := start(t, engine.Options{})
	r := s.greeted()
	s.stop()
	if err := <-s.ended; err != nil {
		t.Errorf("Serve returned %v", err)
	}
	s.ended <- nil
	r.closed()
	if _, err := net.Dial("unix", s.socket); err == nil {
		t.Error("the socket still answers")
	}
}

func TestRestartRequest(t *testing.T) {
	s := start(t, engine.Options{})
	if err := s.connect().Restart(); err != nil {
		t.Errorf("the client hears: %v", err)
	}
	err := <-s.ended
	if err != engine.ErrRestart {
		t.Errorf("Serve returned %v", err)
	}
	s.ended <- err
}
