// Package origin finds the lines of a notebook's cells that an error comes from. Errors of graph building have a stack whose
// innermost frames are GoMLX's; what a person can mend is further out.
package origin

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pkg/errors"
)

// cellsEnv is the folder in which GoNB writes the program of the running cell.
const cellsEnv = "GONB_TMP_DIR"

// Frames splits the frames of the stack that an error holds, innermost first: those in the cells of the notebook, and those in
// libraries. Of several stacks it is the innermost that has a cell in it, else the innermost. Without one both are empty.
func Frames(err error) (cells, libraries []runtime.Frame) {
	for ; err != nil; err = errors.Unwrap(err) {
		traced, ok := err.(interface{ StackTrace() errors.StackTrace })
		if !ok {
			continue
		}
		var pcs []uintptr
		for _, f := range traced.StackTrace() {
			pcs = append(pcs, uintptr(f))
		}
		if c, l := split(pcs); len(c) > 0 || len(cells) == 0 {
			cells, libraries = c, l
		}
	}
	return cells, libraries
}

// Callers are the lines of cells that led to the call of this function, innermost first.
func Callers() []runtime.Frame { return callers(1) }

// callers leaves out as many callers of this function as skip says.
func callers(skip int) []runtime.Frame {
	if os.Getenv(cellsEnv) == "" {
		return nil
	}
	pcs := make([]uintptr, 1000)
	cells, _ := split(pcs[:runtime.Callers(2+skip, pcs)])
	return cells
}

// Mark puts the innermost line of a cell among the callers of this function before the text of an error, in the form in which GoNB
// finds it and adds the cell's number and line. Outside a cell, and for nil, it returns the error as it is.
func Mark(err error) error {
	if err == nil {
		return nil
	}
	if cells := callers(1); len(cells) > 0 {
		return errors.WithMessage(err, Text(cells[0]))
	}
	return err
}

// Text is a frame on one line.
func Text(f runtime.Frame) string {
	name := f.Function[strings.LastIndexByte(f.Function, '/')+1:]
	return fmt.Sprintf("%s:%d (%s)", f.File, f.Line, name)
}

func split(pcs []uintptr) (cells, libraries []runtime.Frame) {
	if len(pcs) == 0 {
		return nil, nil
	}
	folder := os.Getenv(cellsEnv)
	for frames := runtime.CallersFrames(pcs); ; {
		f, more := frames.Next()
		switch {
		case folder != "" && filepath.Dir(f.File) == folder:
			cells = append(cells, f)
		case f.Function != "" && !strings.HasPrefix(f.Function, "runtime."):
			libraries = append(libraries, f)
		}
		if !more {
			return cells, libraries
		}
	}
}
