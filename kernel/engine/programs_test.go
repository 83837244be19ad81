package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"

	"otherwise/kernel/engine"
	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

// TestCompiledOnce has many clients ask for one program at a time when none has it.
func TestCompiledOnce(t *testing.T) {
	backend := newSlow()
	backend.compile = make(chan error)
	s := start(t, engine.Options{Backend: backend})
	const clients = 6
	var all sync.WaitGroup
	for range clients {
		b := s.connect()
		all.Go(func() {
			exec, err := compileAdding(b, 2)
			if err != nil {
				t.Error(err)
				return
			}
			if out, err := exec.Execute([]compute.Buffer{put(t, b, 1, 2), put(t, b, 3, 4)}, nil, 0); err != nil || read(t, out[0])[1] != 6 {
				t.Errorf("result %v, %v", out, err)
			}
		})
	}
	<-backend.compiling
	backend.compile <- nil
	all.Wait()
	if got := s.status(s.connect()); got.Compiled != 1 || got.Programs != 1 || got.Executions != clients {
		t.Errorf("%d programs compiled, %d held, %d executions", got.Compiled, got.Programs, got.Executions)
	}
}

// TestFailureReachesAll has the compilation fail that several clients wait for.
func TestFailureReachesAll(t *testing.T) {
	backend := newSlow()
	backend.compile = make(chan error)
	s := start(t, engine.Options{Backend: backend})
	const clients = 4
	failed := make(chan error)
	for range clients {
		b := s.connect()
		go func() {
			_, err := compileAdding(b, 2)
			failed <- err
		}()
	}
	for n := 0; n < clients; {
		select {
		case backend.compile <- errors.New("the device lacks a unit"):
		case err := <-failed:
			if n++; err == nil || !strings.Contains(err.Error(), `compiling computation "adding": the device lacks a unit`) {
				t.Errorf("a client heard: %v", err)
			}
		}
	}
	if got := s.status(s.connect()); got.Programs != 0 || got.ProgramBytes != 0 {
		t.Errorf("%d programs of %d bytes are held", got.Programs, got.ProgramBytes)
	}
	go func() { backend.compile <- nil }()
	adding(t, s.connect(), 2) // not the failure, remembered
}

func TestBackendRefusesProgram(t *testing.T) {
	s := start(t, engine.Options{})
	r := s.greeted()
	log := []byte{0xff, 0x7f, 0} // no program, but honestly named
	text := r.ask(wire.KindCompile, wire.Compile{Hash: program.Hash(log), Name: "nonsense"}, log, nil)
	if !strings.Contains(text, "there is no operation") {
		t.Errorf("%q", text)
	}
}

// TestProgramLimit fills the cache past its limit: what is in use stays, what was used last stays longest.
func TestProgramLimit(t *testing.T) {
	s := start(t, engine.Options{ProgramLimit: 1}) // less than any program: only those in use stay
	b := s.connect()
	used := adding(t, b, 2)
	for n := 3; n < 8; n++ {
		exec := adding(t, b, n)
		exec.Finalize()
	}
	s.until("only the program in use is held", func() bool { return s.status(b).Programs == 1 })
	if out, err := used.Execute([]compute.Buffer{put(t, b, 1, 2), put(t, b, 3, 4)}, nil, 0); err != nil || read(t, out[0])[0] != 4 {
		t.Errorf("the program in use: %v", err)
	}
	size := s.status(b).ProgramBytes
	used.Finalize()
	s.until("no program is held", func() bool { return s.status(b).Programs == 0 })

	s = start(t, engine.Options{ProgramLimit: 2*size + size/2}) // room for two
	b = s.connect()
	for _, n := range []int{2, 3, 2, 4} { // 3 is the least recently used when 4 comes
		exec := adding(t, b, n)
		exec.Finalize()
		if _, err := b.Status(); err != nil { // takes the release along
			t.Fatal(err)
		}
	}
	before := s.status(b).Compiled
	adding(t, b, 2)
	if got := s.status(b).Compiled; got != before {
		t.Errorf("the program used last was compiled again")
	}
	adding(t, b, 3)
	if got := s.status(b).Compiled; got != before+1 {
		t.Errorf("the program used least was held: %d compiled, want %d", got, before+1)
	}
}

func TestProgramsOfOthers(t *testing.T) {
	s := start(t, engine.Options{})
	adding(t, s.connect(), 2)
	r := s.greeted()
	for id := range uint64(4) {
		if text := r.ask(wire.KindExecute, wire.Execute{Program: id}, nil, nil); !strings.Contains(text, fmt.Sprintf("no program %d for this client", id)) {
			t.Errorf("program %d, never given: %q", id, text)
		}
	}
	r.send(wire.KindFree, wire.Free{Programs: []uint64{77}}, nil)
	if text := r.ask(wire.KindStatus, nil, nil, &wire.Status{}); text != "" {
		t.Error(text)
	}
	if !strings.Contains(s.log.String(), "no program 77") {
		t.Errorf("the log says nothing of it: %q", s.log)
	}
}
