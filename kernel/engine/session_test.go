package engine_test

import (
	"testing"

	"github.com/gomlx/compute"

	"otherwise/kernel/engine"
	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

// doublingLog is x+x for vectors of 2 numbers, as a client without the rest of one would write it.
func doublingLog(t *testing.T) []byte {
	t.Helper()
	log := program.Log{Value: func(v compute.Value) (int, error) { return v.(int), nil }}
	for _, call := range []struct {
		method string
		args   []any
	}{
		{"Parameter", []any{"x", vector(2), (*compute.ShardingSpec)(nil)}},
		{"Add", []any{0, 0}},
		{"Return", []any{[]compute.Value{1}, []*compute.ShardingSpec(nil)}},
	} {
		m, _ := program.Named(call.method)
		if err := log.Append(m, 0, call.args...); err != nil {
			t.Fatal(err)
		}
	}
	return log.Bytes()
}

// TestClientsDeathFreesAll counts what is left of a client that is gone: what it kept.
func TestClientsDeathFreesAll(t *testing.T) {
	s := start(t, engine.Options{ProgramLimit: 1})
	watcher := s.connect()
	b := s.connect()
	adding(t, b, 2)
	kept := put(t, b, 1, 2)
	put(t, b, make([]float32, 1000)...)
	if err := b.Keep("kept", nil, []compute.Buffer{kept}); err != nil {
		t.Fatal(err)
	}
	st := s.status(watcher)
	if len(st.Sessions) != 2 || st.BufferBytes != 4008 || st.Programs != 1 {
		t.Fatalf("before: %+v", st)
	}
	b.Finalize()
	s.until("the client's buffers and programs are gone", func() bool {
		st = s.status(watcher)
		return len(st.Sessions) == 1 && st.BufferBytes == 8 && st.Programs == 0
	})
	if len(st.Kept) != 1 || st.Kept[0].Bytes != 8 {
		t.Errorf("kept: %+v", st.Kept)
	}
}

func TestSessionsAreListedWithTheirShare(t *testing.T) {
	s := start(t, engine.Options{})
	r := s.greeted()
	if text := r.ask(wire.KindPut, wire.Put{Shape: vector(100)}, make([]byte, 400), nil); text != "" {
		t.Fatal(text)
	}
	var shares []int64
	for _, session := range s.status(s.connect()).Sessions {
		shares = append(shares, session.Bytes)
	}
	if len(shares) != 2 || shares[0]+shares[1] != 400 || shares[0]*shares[1] != 0 {
		t.Errorf("shares %v, want 400 and 0", shares)
	}
}

// TestOrphan kills a client during an execution, which goes on without it.
func TestOrphan(t *testing.T) {
	backend := newSlow()
	backend.execute = make(chan error)
	s := start(t, engine.Options{Backend: backend})
	watcher := s.connect()
	r := s.greeted()
	var p wire.Program
	log := doublingLog(t)
	if text := r.ask(wire.KindCompile, wire.Compile{Hash: program.Hash(log)}, log, &p); text != "" {
		t.Fatal(text)
	}
	var in wire.Buffer
	if text := r.ask(wire.KindPut, wire.Put{Shape: vector(2)}, make([]byte, 8), &in); text != "" {
		t.Fatal(text)
	}
	r.send(wire.KindExecute, wire.Execute{Program: p.ID, Inputs: []uint64{in.ID}}, nil)
	<-backend.executing
	running := func() (n int) {
		for _, session := range s.status(watcher).Sessions {
			n += session.Running
		}
		return n
	}
	if n, orphans := running(), s.status(watcher).OrphansRunning; n != 1 || orphans != 0 {
		t.Errorf("%d running, %d orphans; want 1 and 0", n, orphans)
	}
	r.Close()
	s.until("the execution is an orphan", func() bool { return s.status(watcher).OrphansRunning == 1 })
	backend.execute <- nil
	s.until("the orphan is over, and its results are free", func() bool {
		st := s.status(watcher)
		return st.OrphansRunning == 0 && st.BufferBytes == 0 && running() == 0
	})
}
