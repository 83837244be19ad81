package kernel

import (
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute/gobackend"

	"otherwise/kernel/wire"
)

func TestReset(t *testing.T) {
	use(t, gobackend.GetBackend())
	if err := Keep("weights", Tensors{"a": tensor(1)}); err != nil {
		t.Fatal(err)
	}
	if err := Reset(); err != nil {
		t.Fatal(err)
	}
	if list, err := Models(); err != nil || len(list) != 0 {
		t.Errorf("models: %v, %v", list, err)
	}
}

func TestInspect(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		s, err := Inspect()
		if err != nil {
			t.Fatal(err)
		}
		b, err := Backend()
		if err != nil {
			t.Fatal(err)
		}
		if connected := engine(b) != nil; connected != (s.PID != 0) || connected != (len(s.Sessions) == 1) {
			t.Errorf("with an engine %t: %+v", connected, s)
		}
	})
}

func TestStateInWords(t *testing.T) {
	s := State{wire.Status{PID: 7, Backend: "Go & more", Uptime: 90 * time.Minute, BufferBytes: 3 << 20, BufferLimit: 1 << 30,
		Programs: 2, Compiled: 3, Reused: 4, Executions: 5, OrphansRunning: 1,
		Kept:     []wire.KeptModel{{Name: "<weights>", Bytes: 2 << 20, Buffers: 9, Age: time.Minute, Unused: time.Second}},
		Sessions: []wire.Session{{Client: "cell", PID: 8, Bytes: 1 << 20, Buffers: 2, Running: 1}}}}
	var text strings.Builder
	if err := s.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Go & more, up 1h30m0s", "3.0 MiB of 1.0 GiB", "3 compiled here, 4 times found again", "kernel.Reset() ends them",
		"Kept: <weights>", "2.0 MiB in 9 tensors", "cell (process 8): 1.0 MiB in 2 tensors, 1 running"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	if page := s.HTML(); !strings.Contains(page, "&lt;weights&gt;") || !strings.Contains(page, "Go &amp; more") {
		t.Errorf("the page isn't escaped: %s", page)
	}
	if !strings.Contains((State{}).HTML(), "computes in process") {
		t.Error("without an engine the page doesn't say so")
	}
}

func TestComputesFor(t *testing.T) {
	s := State{wire.Status{Sessions: []wire.Session{{PID: 1}, {PID: 2, Running: 1}, {PID: 1}}}}
	if s.computesFor(1) || !s.computesFor(2) || s.computesFor(3) {
		t.Errorf("it computes for 1 %t, 2 %t, 3 %t", s.computesFor(1), s.computesFor(2), s.computesFor(3))
	}
}

func TestLimitText(t *testing.T) {
	if got := limitText(1 << 62); got != "what the machine has" {
		t.Errorf("no limit: %s", got)
	}
	if got := limitText(12 << 30); got != "12.0 GiB" {
		t.Errorf("a limit: %s", got)
	}
}
