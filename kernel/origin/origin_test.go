package origin

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// asCell makes this file the program of a cell.
func asCell(t *testing.T) {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(cellsEnv, folder)
}

// inner and outer are two functions of a cell.
func inner() error { return errors.New("wrong shape") }
func outer() error { return fmt.Errorf("building: %w", inner()) }

func TestFramesOfCells(t *testing.T) {
	asCell(t)
	cells, libraries := Frames(outer())
	if len(cells) != 3 || len(libraries) != 1 {
		t.Fatalf("%d frames in cells, %d in libraries", len(cells), len(libraries))
	}
	for i, want := range []string{"(origin.inner)", "(origin.outer)", "(origin.TestFramesOfCells)"} {
		if text := Text(cells[i]); !strings.HasSuffix(text, want) || !strings.Contains(text, "origin_test.go:") {
			t.Errorf("frame %d is %s, wanted %s", i, text, want)
		}
	}
	if text := Text(libraries[0]); !strings.HasSuffix(text, "(testing.tRunner)") {
		t.Errorf("the library's frame is %s", text)
	}
}

// inLibrary is an error with a stack of one function of a library, around another error.
type inLibrary struct{ error }

func (e inLibrary) Unwrap() error { return e.error }
func (inLibrary) StackTrace() errors.StackTrace {
	return errors.StackTrace{errors.Frame(reflect.ValueOf(strings.ToUpper).Pointer() + 1)}
}

// TestStackWithACellCounts: an error may have passed through a goroutine on whose stack no cell is.
func TestStackWithACellCounts(t *testing.T) {
	asCell(t)
	for name, err := range map[string]error{"outside": inLibrary{inner()}, "inside": errors.WithStack(inLibrary{io.EOF})} {
		if cells, _ := Frames(err); len(cells) == 0 {
			t.Errorf("the library's stack %s hides that of the cell", name)
		}
	}
	if cells, libraries := Frames(inLibrary{io.EOF}); len(cells) != 0 || len(libraries) != 1 {
		t.Errorf("a library's stack alone gives %v and %v", cells, libraries)
	}
}

func TestErrorsWithoutStack(t *testing.T) {
	asCell(t)
	for _, err := range []error{nil, io.EOF, fmt.Errorf("reading: %w", io.EOF)} {
		if cells, libraries := Frames(err); len(cells)+len(libraries) > 0 {
			t.Errorf("%v: %v, %v", err, cells, libraries)
		}
	}
}

func TestMark(t *testing.T) {
	if err := Mark(io.EOF); err != io.EOF {
		t.Errorf("outside a cell: %v", err)
	}
	asCell(t)
	if err := Mark(nil); err != nil {
		t.Errorf("no error: %v", err)
	}
	err := Mark(io.EOF)
	if text := err.Error(); !strings.HasPrefix(text, os.Getenv(cellsEnv)+"/origin_test.go:") || !strings.HasSuffix(text, " (origin.TestMark): EOF") {
		t.Errorf("marked: %v", err)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the mark hides the error")
	}
}
