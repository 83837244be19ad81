package verify

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"otherwise/internal/golden"
)

// Case is one comparison.
type Case struct {
	Run  string // the golden file's path without its extension
	Name string // what was compared
	golden.Difference
	Err error // what kept the comparison from being made; such a case has failed
}

// Passed reports whether the values agree.
func (c Case) Passed() bool { return c.Err == nil && c.Pass }

// WriteTo writes the case's line: verdict, name, largest absolute and relative error, tolerance.
func (c Case) WriteTo(w io.Writer) (int64, error) {
	verdict := "ok  "
	if !c.Passed() {
		verdict = "FAIL"
	}
	var n int
	var err error
	switch {
	case c.Err != nil:
		n, err = fmt.Fprintf(w, "%s  %s  %v\n", verdict, c.title(), c.Err)
	case c.Pass:
		n, err = fmt.Fprintf(w, "%s  %-52s  abs %-8.1e  rel %-8.1e  tolerance %s\n", verdict, c.title(), c.Absolute, c.Relative, c.Tolerance)
	default:
		n, err = fmt.Fprintf(w, "%s  %-52s  abs %-8.1e  rel %-8.1e  %s\n", verdict, c.title(), c.Absolute, c.Relative, c.Difference)
	}
	return int64(n), err
}

func (c Case) title() string {
	if c.Name == "" {
		return c.Run
	}
	return c.Run + "  " + c.Name
}

// MarshalJSON writes what the line says. An error that is no number, as of NaN, is null.
func (c Case) MarshalJSON() ([]byte, error) {
	finite := func(v float64) *float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return &v
	}
	out := struct {
		Run       string            `json:"run"`
		Name      string            `json:"name"`
		Pass      bool              `json:"pass"`
		Values    int               `json:"values"`
		Absolute  *float64          `json:"max_absolute_error"`
		Relative  *float64          `json:"max_relative_error"`
		Tolerance *golden.Tolerance `json:"tolerance,omitempty"`
		Error     string            `json:"error,omitempty"`
	}{c.Run, c.Name, c.Passed(), c.Values, finite(c.Absolute), finite(c.Relative), &c.Tolerance, ""}
	if c.Err != nil {
		out.Error, out.Tolerance = c.Err.Error(), nil
	}
	return json.Marshal(out)
}
