package kernel

import (
	"fmt"
	"io"
	"os"

	"otherwise/kernel/origin"
)

// Must gives the value, or, if there is an error, ends the cell with it: the lines of the notebook's cells that led to the error come
// first, then what it says, then the lines of libraries.
func Must[T any](value T, err error) T {
	Check(err)
	return value
}

// Check ends the cell with the error, if there is one, as [Must] does.
func Check(err error) {
	if err != nil {
		explain(os.Stderr, err)
		os.Exit(1)
	}
}

// explain writes an error with where it comes from.
func explain(w io.Writer, err error) {
	cells, libraries := origin.Frames(err)
	if len(cells) == 0 {
		cells = origin.Callers()
	}
	for _, f := range cells {
		fmt.Fprintf(w, "%s\n", origin.Text(f))
	}
	fmt.Fprintf(w, "%v\n", err)
	for _, f := range libraries {
		fmt.Fprintf(w, "\tin %s\n", origin.Text(f))
	}
}
