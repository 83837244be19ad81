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
