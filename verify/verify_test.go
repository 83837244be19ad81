package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"otherwise/internal/golden"
)

// reference is where the whole reference data lies beside a checkout.
const reference = "../../shared/reference"

// Every golden value of the repository agrees, and every file is known. The reference folder has files too large for the
// repository; where it lies beside the checkout, those that differ from the repository's are checked too.
func TestGoldenValues(t *testing.T) {
	dirs := []string{"../testdata/golden"}
	if testing.Short() {
		t.Log("-short: the repository's golden values only")
	} else if found, err := Roots(reference); err == nil {
		dirs = append(dirs, found...)
	} else if errors.Is(err, os.ErrNotExist) {
		t.Logf("no reference data in %s: the repository's golden values only", reference)
	} else {
		t.Fatal(err)
	}
	summaries, err := Folders(t.Context(), golden.Backend(t), dirs, Options{Report: func(c Case) error {
		if !c.Passed() {
			var line bytes.Buffer
			if _, err := c.WriteTo(&line); err != nil {
				return err
			}
			t.Error(line.String())
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range summaries {
		t.Logf("%s: %d cases agree, %d don't", s.Folder, s.Passed, s.Failed)
		if len(s.Unknown) > 0 {
			t.Errorf("%s: unknown files %v", s.Folder, s.Unknown)
		}
	}
}

// check runs a part of the test's own.
func check(t *testing.T, run func(*Check)) []Case {
	t.Helper()
	c := &Check{Context: context.Background(), Backend: golden.Backend(t), File: "part.safetensors", folder: t.TempDir()}
	c.run(Part{Files: "part.safetensors", Run: run})
	return c.cases
}

func TestCheckNeverPassesByEndingEarly(t *testing.T) {
	for says, run := range map[string]func(*Check){
		"out of paper":          func(c *Check) { c.Fatal("out of ", "paper") },
		"7 of 9":                func(c *Check) { c.Fatalf("%d of %d", 7, 9) },
		"a graph's panic":       func(*Check) { panic(errors.New("a graph's panic")) },
		"index out of range":    func(c *Check) { _ = make([]int, 1)[len(c.cases)+1] },
		"nothing in it":         func(*Check) {},
		"is missing":            func(c *Check) { c.Golden() },
		"other.json belongs to": func(c *Check) { c.JSON("other.json", nil) },
	} {
		cases := check(t, run)
		if len(cases) != 1 || cases[0].Passed() || cases[0].Err == nil || !strings.Contains(cases[0].Err.Error(), says) {
			t.Errorf("%s: got cases %+v", says, cases)
		}
	}
	cleaned := false
	cases := check(t, func(c *Check) {
		c.Cleanup(func() { cleaned = true })
		c.Number("fine", 1, 1, golden.Exact())
		c.Number("off", 1, 2, golden.Absolute(0.5))
		c.Fatal("late")
	})
	if len(cases) != 3 || !cases[0].Passed() || cases[1].Passed() || cases[2].Err == nil || !cleaned {
		t.Errorf("got cases %+v, cleaned up: %v", cases, cleaned)
	}
}

func TestFolderNamesUnknownFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"index.json", "README.md", "surprise.safetensors", "deep/er.json"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Folders(t.Context(), golden.Backend(t), []string{dir}, Options{})
	if !errors.Is(err, ErrNothing) || len(s) != 1 || strings.Join(s[0].Unknown, " ") != "deep/er.json surprise.safetensors" {
		t.Errorf("got %+v, %v", s, err)
	}
	if found, err := Roots(dir); err != nil || len(found) != 0 {
		t.Errorf("roots %v, %v", found, err)
	}
	if _, err := Roots(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that isn't there: %v", err)
	}
}

func TestFolderIsCheckedOnceAndStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir := "../testdata/golden"
	begun := 0
	o := Options{Begin: func(string, int, int) { begun++; cancel() }}
	if _, err := Folders(ctx, golden.Backend(t), []string{dir}, o); !errors.Is(err, context.Canceled) || begun > runtime.NumCPU()+1 {
		t.Errorf("cancelled at the first file: %v after %d", err, begun)
	}
	summaries := []*Summary{{Folder: dir}, {Folder: dir}}
	seen := map[string]bool{}
	first, err := summaries[0].plan(Options{}, seen)
	if err != nil {
		t.Fatal(err)
	}
	second, err := summaries[1].plan(Options{}, seen)
	if err != nil || len(second) != 0 || len(summaries[1].Repeated) != len(first) || len(first) == 0 {
		t.Errorf("the folder again: %d planned, %d repeated of %d, %v", len(second), len(summaries[1].Repeated), len(first), err)
	}
}

func TestCaseAsJSON(t *testing.T) {
	for _, c := range []struct {
		c    Case
		want string
	}{
		{Case{Run: "r", Name: "n", Difference: golden.Compare([]float64{1}, []float64{1}, golden.RMS(0.5))},
			`{"run":"r","name":"n","pass":true,"values":1,"max_absolute_error":0,"max_relative_error":0,"tolerance":{"rule":"rms","value":0.5}}`},
		{Case{Run: "r", Name: "n", Difference: golden.Compare([]float64{math.NaN()}, []float64{1}, golden.Exact())},
			`{"run":"r","name":"n","pass":false,"values":1,"max_absolute_error":null,"max_relative_error":null,"tolerance":{"rule":"exact"}}`},
		{Case{Run: "r", Err: errors.New("no")},
			`{"run":"r","name":"","pass":false,"values":0,"max_absolute_error":0,"max_relative_error":0,"error":"no"}`},
	} {
		got, err := json.Marshal(c.c)
		if err != nil || string(got) != c.want {
			t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
		}
	}
}
