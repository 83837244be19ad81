// Package display sends what a cell of a notebook shows to its output: HTML, and the same in words for places that show none.
// What was sent is shown, even if the cell's program ends in the next line, which GoNB alone doesn't promise. It needs no browser:
// notebooks run from the command line too.
package display

import (
	"errors"
	"fmt"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// ErrNoNotebook is returned by a program that no notebook runs.
var ErrNoNotebook = errors.New("this program isn't a notebook's cell, there is nowhere to show anything")

// patience bounds the wait for GoNB's word that it has what was sent; it takes well under a millisecond.
const patience = 2 * time.Second

// InNotebook reports whether this program is a notebook's cell.
func InNotebook() bool { return gonbui.IsNotebook }

// Output is what is shown, in the two forms that front ends choose from.
type Output struct {
	HTML string // text/html: a part of a page
	Text string // text/plain: for consoles, diffs and screen readers; left out if empty
}

// Show adds an output to the cell.
func Show(o Output) error { return send(o, "") }

// Update replaces the output with that id, wherever in the notebook it is, or adds it to the cell. [NewID] gives ids.
func Update(id string, o Output) error { return send(o, id) }

func send(o Output, id string) error {
	if !InNotebook() {
		return ErrNoNotebook
	}
	data := map[protocol.MIMEType]any{protocol.MIMETextHTML: o.HTML}
	if o.Text != "" {
		data[protocol.MIMETextPlain] = o.Text
	}
	gonbui.SendData(&protocol.DisplayData{Data: data, DisplayID: id})
	return flush()
}

// NewID is an id that no other output has.
func NewID() string { return gonbui.UniqueId() }

// flush waits until GoNB has read what was sent: it stops reading when the cell's program ends.
func flush() error {
	read := make(chan struct{})
	go func() {
		gonbui.Sync()
		close(read)
	}()
	select {
	case <-read:
	case <-time.After(patience):
		return fmt.Errorf("GoNB doesn't answer after %v: an output may be missing; restart the kernel if that lasts", patience)
	}
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("showing an output: %v; restart the kernel if that lasts", err)
	}
	return nil
}
