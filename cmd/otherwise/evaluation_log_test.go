package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var testIdentity = identity{Program: "p", Bundle: "b", Dataset: "fashion", Seed: 1, Overrides: json.RawMessage(`{}`)}

func mustOpenLog(t *testing.T, path string) *evaluationLog {
	t.Helper()
	l, err := openLog(path, testIdentity)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.close() })
	return l
}

func TestEvaluationLogResumes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "evaluation.jsonl")
	outside := 0.25
	want := outcome{Method: "eced", Index: 7, Seed: 8, Target: "Coat", Flipped: true,
		distances: distances{L1: 1, L2: 2, Outside: &outside}, Seconds: 3}
	l := mustOpenLog(t, path)
	if err := l.add(want); err != nil {
		t.Fatal(err)
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}

	// a kill in the middle of the next line
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"method":"ldce","ind`); err != nil {
		t.Fatal(err)
	}
	f.Close()

	l = mustOpenLog(t, path)
	got, found := l.find("eced", 7)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(outcome{})); !found || diff != "" {
		t.Errorf("found %v, difference:\n%s", found, diff)
	}
	if _, found := l.find("ldce", 7); found {
		t.Error("an outcome of another method is found")
	}
	if err := l.add(outcome{Method: "ldce", Index: 7}); err != nil {
		t.Fatal(err)
	}
	l.close()
	if _, found := mustOpenLog(t, path).find("ldce", 7); !found {
		t.Error("what was added after the torn line is lost")
	}
}

func TestEvaluationLogRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evaluation.jsonl")
	l := mustOpenLog(t, path)
	l.close()
	other := testIdentity
	other.Seed = 2
	if _, err := openLog(path, other); err == nil || !strings.Contains(err.Error(), "made by another run") {
		t.Errorf("another seed: %v", err)
	}

	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("not JSON\n"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := openLog(path, testIdentity); err == nil || !strings.Contains(err.Error(), "line 2 is damaged") {
		t.Errorf("a damaged line: %v", err)
	}
}

func TestEvaluationLogKeepsNothing(t *testing.T) {
	l := mustOpenLog(t, "")
	if err := l.add(outcome{Method: "ldce", Index: 3}); err != nil {
		t.Fatal(err)
	}
	if _, found := l.find("ldce", 3); !found {
		t.Error("not found within the run")
	}
}
