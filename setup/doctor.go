package setup

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// Level says how much a finding matters.
type Level int

// The levels, from what needs nothing done to what does.
const (
	Fine    Level = iota // as it should be
	Note                 // worth knowing; everything works without
	Missing              // something required isn't there
)

// mark is what a list shows for a level.
func (l Level) mark() string {
	switch l {
	case Fine:
		return "ok"
	case Note:
		return "--"
	}
	return "!!"
}

// Finding is what a Check found, in a line, and what to do about it when that isn't fine.
type Finding struct {
	Level  Level
	Text   string
	Advice string
}

// Check looks at one thing on the machine.
type Check struct {
	Name string
	Run  func(context.Context) Finding
}

// Doctor runs its own checks (Go, system, pip, NVIDIA, cache, backend, plugin, devices, memory) and then the extra ones, and writes
// an aligned list of what they found, each with what to do about what is missing. It returns whether all that is required
// is there; err is for a w that can't be written and for a ctx that ended.
func Doctor(ctx context.Context, w io.Writer, extra ...Check) (fine bool, err error) {
	return doctor(ctx, w, append(here.checks(), extra...))
}

func doctor(ctx context.Context, w io.Writer, checks []Check) (fine bool, err error) {
	width := 0
	for _, c := range checks {
		width = max(width, len(c.Name))
	}
	fine = true
	for _, c := range checks {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		found := c.Run(ctx)
		fine = fine && found.Level != Missing
		if _, err := fmt.Fprintf(w, "%s  %-*s  %s\n", found.Level.mark(), width, c.Name, found.Text); err != nil {
			return false, err
		}
		if found.Advice == "" {
			continue
		}
		indent := strings.Repeat(" ", width+6)
		advice := strings.ReplaceAll(found.Advice, "\n", "\n"+indent)
		if _, err := fmt.Fprintf(w, "%s-> %s\n", indent, advice); err != nil {
			return false, err
		}
	}
	return fine, ctx.Err()
}
