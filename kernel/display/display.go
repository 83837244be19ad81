// Package display sends HTML from a cell of a notebook to its output. What was sent is shown, even if the cell's program
// ends in the next line, which GoNB alone doesn't promise. It needs no browser: notebooks run from the command line too.
package display

import (
	"errors"
	"fmt"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
)

// ErrNoNotebook is returned by a program that no notebook runs.
var ErrNoNotebook = errors.New("this program isn't a notebook's cell, there is nowhere to show anything")

// patience bounds the wait for GoNB's word that it has what was sent; it takes well under a millisecond.
const patience = 2 * time.Second

// InNotebook reports whether this program is a notebook's cell.
func InNotebook() bool { return gonbui.IsNotebook }

// HTML adds an output to the cell.
func HTML(text string) error {
	if !InNotebook() {
		return ErrNoNotebook
	}
	gonbui.DisplayHTML(text)
	return flush()
}

// Update replaces the output with that id, wherever in the notebook it is, or adds it to the cell. [NewID] gives ids.
func Update(id, text string) error {
	if !InNotebook() {
		return ErrNoNotebook
	}
	gonbui.UpdateHTML(id, text)
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
