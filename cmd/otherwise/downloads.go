package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// downloads shows how files that are fetched get on: on a terminal a bar with the time that is left, elsewhere a line when a
// file is begun and every ten seconds.
type downloads struct {
	w    io.Writer
	name string
	told time.Time
	bar  *progressbar.ProgressBar // nil where w is no terminal
}

func newDownloads(w io.Writer) *downloads { return &downloads{w: w} }

// update is told how many of a file's bytes are there.
func (d *downloads) update(name string, done, total int64) {
	begun := name != d.name
	if begun {
		d.finish()
		d.name = name
		if f, ok := d.w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			d.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(d.w), progressbar.OptionShowBytes(true),
				progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(20), progressbar.OptionClearOnFinish(),
				progressbar.OptionSetDescription(name))
		}
	}
	if d.bar != nil {
		_ = d.bar.Set64(done) // only the terminal could fail
		return
	}
	if begun || time.Since(d.told) > 10*time.Second {
		fmt.Fprintf(d.w, "fetching %s: %d of %d MB\n", name, done/1e6, total/1e6)
		d.told = time.Now()
	}
}

// finish takes the bar away.
func (d *downloads) finish() {
	if d.bar != nil {
		_ = d.bar.Clear() // as above
		d.bar = nil
	}
}
