package kernel

import (
	"errors"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"

	engines "otherwise/kernel/engine"
	"otherwise/kernel/resident"
)

// TestLostModelNamesItsCell keeps something, restarts the engine and asks for it.
func TestLostModelNamesItsCell(t *testing.T) {
	address, ended := inCell(t)
	if err := Keep("weights", Tensors{"a": tensor(1)}); err != nil { // the line of the cell
		t.Fatal(err)
	}
	if err := Reset(); err != nil {
		t.Fatal(err)
	}
	err := <-ended
	ended <- err
	if !errors.Is(err, engines.ErrRestart) {
		t.Fatalf("the engine ended with %v", err)
	}
	if _, err := Kept("weights"); !errors.Is(err, resident.ErrEngineGone) {
		t.Errorf("in the cell that reset the engine: %v", err)
	}
	serve(t, address, gobackend.GetBackend())
	_, err = Kept("weights")
	if !errors.Is(err, ErrNotKept) || !strings.Contains(err.Error(), "the line of the cell") {
		t.Errorf("got %v", err)
	}
	if _, err := Kept("others"); !errors.Is(err, ErrNotKept) || strings.Contains(err.Error(), "run again") {
		t.Errorf("a name that nobody gave: %v", err)
	}
}

func TestSourceLine(t *testing.T) {
	for number, want := range map[int]string{1: "package kernel", 0: "", 1 << 20: ""} {
		if got := sourceLine("journal.go", number); got != want {
			t.Errorf("line %d: %q, want %q", number, got, want)
		}
	}
	if got := sourceLine("no such file", 1); got != "" {
		t.Errorf("no file: %q", got)
	}
}
