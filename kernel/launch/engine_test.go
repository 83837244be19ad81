package launch

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	want := []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond}
	for before, delay := range want {
		if got := backoff(before); got != delay {
			t.Errorf("after %d crashes: got %v, want %v", before, got, delay)
		}
	}
	for _, before := range []int{6, 100, 1 << 40} {
		if got := backoff(before); got != maxDelay {
			t.Errorf("after %d crashes: got %v, want %v", before, got, maxDelay)
		}
	}
}

// keep makes a keeper of an engine that is a shell script.
func keep(t *testing.T, script string) (*keeper, *bytes.Buffer) {
	dir := t.TempDir()
	write(t, dir, "engine", "#!/bin/sh\n"+script+"\n")
	notes := &bytes.Buffer{}
	return &keeper{notes: notes, plan: plan{
		Engine: []string{filepath.Join(dir, "engine")}, Socket: filepath.Join(dir, "socket"), Log: filepath.Join(dir, "log"),
	}}, notes
}

func TestEngineThatAsksIsRestartedAtOnce(t *testing.T) {
	k, notes := keep(t, "exit 75")
	k.crashes = 5
	for range 2 {
		k.start()
		k.ended(<-k.done())
		<-k.retry
	}
	if k.crashes != 0 || notes.Len() > 0 || k.running != nil {
		t.Errorf("crashes %d, notes %s", k.crashes, notes)
	}
}

func TestCrashIsToldInALine(t *testing.T) {
	k, notes := keep(t, "echo out of memory >&2; exit 3")
	k.start()
	k.ended(<-k.done())
	if k.crashes != 1 || k.retry == nil || k.running != nil {
		t.Errorf("crashes %d, retry %v", k.crashes, k.retry)
	}
	const line = "otherwise kernel: the engine ended (exit status 3); starting it again in 200ms\n"
	if notes.String() != line {
		t.Errorf("notes: got %q", notes)
	}
	if got := read(t, filepath.Dir(k.plan.Log), "log"); got != "out of memory\n"+line {
		t.Errorf("log: got %q", got)
	}
}

func TestSteadyEngineStartsCountingAnew(t *testing.T) {
	k, _ := keep(t, "")
	k.crashes, k.started = 6, time.Now().Add(-2*steady)
	k.ended(errors.New("crash"))
	if k.crashes != 1 {
		t.Errorf("got %d crashes", k.crashes)
	}
}

func TestEngineThatCannotStartIsTriedAgain(t *testing.T) {
	k, notes := keep(t, "")
	k.plan.Engine = []string{filepath.Join(t.TempDir(), "none")}
	k.start()
	if k.running != nil || k.retry == nil || !strings.Contains(notes.String(), "no such file") {
		t.Errorf("running %v, notes %s", k.running, notes)
	}
}

func TestStaleSocketIsRemovedBeforeStart(t *testing.T) {
	k, _ := keep(t, "")
	write(t, filepath.Dir(k.plan.Socket), "socket", "")
	k.start()
	<-k.done()
	if _, err := os.Stat(k.plan.Socket); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}
