package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"otherwise/counterfactual"
)

// watch returns an observer that shows how a method gets on, and what to call when the method has ended. On a terminal
// it is a line that changes, elsewhere a line for each stage and for every ten seconds.
func watch(w io.Writer, method string) (observe counterfactual.Observer, done func()) {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return watchBar(w, method)
	}
	return watchLines(w, method, 10*time.Second)
}

func watchBar(w io.Writer, method string) (counterfactual.Observer, func()) {
	var bar *progressbar.ProgressBar
	stage := ""
	done := func() {
		if bar != nil {
			_ = bar.Clear() // only the terminal could fail
		}
	}
	observe := func(s counterfactual.Step) error {
		if s.Stage != stage {
			done()
			stage = s.Stage
			bar = progressbar.NewOptions(s.Total, progressbar.OptionSetWriter(w), progressbar.OptionShowCount(),
				progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(20), progressbar.OptionClearOnFinish())
		}
		bar.Describe(fmt.Sprintf("%s: %s, target %.3f", method, s.Stage, s.TargetProbability))
		return bar.Set(s.Index + 1)
	}
	return observe, done
}

func watchLines(w io.Writer, method string, every time.Duration) (counterfactual.Observer, func()) {
	var last counterfactual.Step
	var begun, told time.Time
	line := func() {
		fmt.Fprintf(w, "%s: %s, step %d of %d, target %.3f, %.1f s\n",
			method, last.Stage, last.Index+1, last.Total, last.TargetProbability, time.Since(begun).Seconds())
		told = time.Now()
	}
	observe := func(s counterfactual.Step) error {
		now := time.Now()
		switch {
		case last.Stage == "":
			begun, told = now, now
		case s.Stage != last.Stage:
			line()
			begun = now
		case now.Sub(told) > every:
			line()
		}
		last = s
		return nil
	}
	return observe, func() {
		if last.Stage != "" {
			line()
		}
	}
}

// counter shows how many of a number of things are done, and how long the rest will take.
type counter struct {
	w     io.Writer
	what  string
	bar   *progressbar.ProgressBar // on a terminal
	lines bool
	begun time.Time
	told  time.Time
}

func newCounter(w io.Writer, what string) *counter {
	f, ok := w.(*os.File)
	return &counter{w: w, what: what, lines: !ok || !term.IsTerminal(int(f.Fd())), begun: time.Now(), told: time.Now()}
}

// show tells where the work stands: on a terminal always, elsewhere every ten seconds.
func (c *counter) show(done, total int) {
	switch {
	case !c.lines && c.bar == nil:
		c.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(c.w), progressbar.OptionShowCount(), progressbar.OptionSetDescription(c.what),
			progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(20), progressbar.OptionClearOnFinish())
		fallthrough
	case !c.lines:
		_ = c.bar.Set(done) // only the terminal could fail
	case time.Since(c.told) > 10*time.Second:
		c.told = time.Now()
		left := time.Since(c.begun).Seconds() / float64(done) * float64(total-done)
		fmt.Fprintf(c.w, "%d of %d %s, about %.0f s left\n", done, total, c.what, left)
	}
}

func (c *counter) done() {
	if c.bar != nil {
		_ = c.bar.Clear()
	}
}
