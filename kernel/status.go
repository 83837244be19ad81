package kernel

import (
	"fmt"
	"html"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"otherwise/kernel/display"
	"otherwise/kernel/wire"
)

// Model is something kept on the device.
type Model = wire.KeptModel

// Models lists what is kept on the engine, the newest first. Without an engine it is what [Keep] keeps in process.
func Models() ([]Model, error) {
	b, err := Backend()
	if err != nil {
		return nil, err
	}
	if e := engine(b); e != nil {
		s, err := e.Status()
		return s.Kept, err
	}
	local.Lock()
	defer local.Unlock()
	var list []Model
	for name, all := range local.kept {
		m := Model{Name: name, Buffers: len(all)}
		for _, t := range all {
			m.Bytes += t.Shape().ByteSize()
		}
		list = append(list, m)
	}
	return list, nil
}

// Drop forgets what is kept under a name. The memory is free once no running cell uses it.
func Drop(name string) error {
	if name == "" {
		return fmt.Errorf("dropping needs a name; kernel.Models lists them, kernel.Reset drops all")
	}
	b, err := Backend()
	if err != nil {
		return err
	}
	if e := engine(b); e != nil {
		n, err := e.Drop(name)
		if err == nil && n == 0 {
			return fmt.Errorf("%q: %w", name, ErrNotKept)
		}
		return err
	}
	local.Lock()
	defer local.Unlock()
	if _, found := local.kept[name]; !found {
		return fmt.Errorf("%q: %w", name, ErrNotKept)
	}
	delete(local.kept, name)
	return nil
}

// Reset restarts the engine: everything on the device is gone, and whatever it computes ends. The launcher has a new one
// running within a second or two, for the next cell; the backend of this one can do nothing more. Without an engine it forgets what is kept in process.
func Reset() error {
	b, err := Backend()
	if err != nil {
		return err
	}
	if e := engine(b); e != nil {
		return e.Restart()
	}
	local.Lock()
	defer local.Unlock()
	clear(local.kept)
	return nil
}

// State describes the engine: what is kept, who is connected, memory and counts. Without an engine it is the zero value.
type State struct{ wire.Status }

// Inspect asks for the engine's state.
func Inspect() (State, error) {
	b, err := Backend()
	if err != nil {
		return State{}, err
	}
	e := engine(b)
	if e == nil {
		return State{}, nil
	}
	s, err := e.Status()
	return State{s}, err
}

// Status shows the engine's state: a table in a notebook, text on the standard output elsewhere.
func Status() error {
	s, err := Inspect()
	if err != nil {
		return err
	}
	if !display.InNotebook() {
		return s.Write(os.Stdout)
	}
	var text strings.Builder
	if err := s.Write(&text); err != nil {
		return err
	}
	return display.Show(display.Output{HTML: s.HTML(), Text: text.String()})
}

func (s State) rows() [][2]string {
	if s.PID == 0 {
		return [][2]string{{"Engine", "none: this program computes in process"}}
	}
	rows := [][2]string{
		{"Engine", fmt.Sprintf("%s, up %s", s.Backend, roundTime(s.Uptime))},
		{"On the device", fmt.Sprintf("%s of %s", wire.SizeText(s.BufferBytes), limitText(s.BufferLimit))},
		{"Programs", fmt.Sprintf("%d compiled here, %d times found again; %d held (%s of logs)", s.Compiled, s.Reused, s.Programs, wire.SizeText(s.ProgramBytes))},
		{"Executions", fmt.Sprint(s.Executions)},
	}
	if s.OrphansRunning > 0 {
		rows = append(rows, [2]string{"Still running", fmt.Sprintf("%d for cells that are gone; kernel.Reset() ends them", s.OrphansRunning)})
	}
	for _, m := range s.Kept {
		rows = append(rows, [2]string{"Kept: " + m.Name, fmt.Sprintf("%s in %d tensors, %s old, last used %s ago",
			wire.SizeText(m.Bytes), m.Buffers, roundTime(m.Age), roundTime(m.Unused))})
	}
	for _, c := range s.Sessions {
		rows = append(rows, [2]string{"Client", fmt.Sprintf("%s (process %d): %s in %d tensors, %d running", c.Client, c.PID, wire.SizeText(c.Bytes), c.Buffers, c.Running)})
	}
	return rows
}

// Write writes the state as text.
func (s State) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range s.rows() {
		fmt.Fprintf(table, "%s\t%s\n", row[0], row[1])
	}
	return table.Flush()
}

// HTML is the state as a table.
func (s State) HTML() string {
	var b strings.Builder
	b.WriteString("<table>")
	for _, row := range s.rows() {
		fmt.Fprintf(&b, `<tr><th style="text-align:left">%s</th><td style="text-align:left">%s</td></tr>`,
			html.EscapeString(row[0]), html.EscapeString(row[1]))
	}
	b.WriteString("</table>")
	return b.String()
}

// computesFor reports whether the engine computes for a process.
func (s State) computesFor(pid int) bool {
	return slices.ContainsFunc(s.Sessions, func(c wire.Session) bool { return c.PID == pid && c.Running > 0 })
}

// limitText is a limit on bytes in words.
func limitText(bytes int64) string {
	if bytes >= 1<<60 {
		return "what the machine has"
	}
	return wire.SizeText(bytes)
}

func roundTime(d time.Duration) time.Duration {
	if d > time.Minute {
		return d.Round(time.Second)
	}
	return d.Round(10 * time.Millisecond)
}
