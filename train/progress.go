package train

import (
	"fmt"
	"io"
	"time"
)

// progress prints lines on a run: step, loss, speed, time left.
type progress struct {
	w        io.Writer
	name     string
	from, to int
	begun    time.Time
	last     time.Time
}

func newProgress(w io.Writer, name string, from, to int) *progress {
	if from > 0 {
		fmt.Fprintf(w, "%s: resuming at step %d of %d\n", name, from, to)
	}
	return &progress{w: w, name: name, from: from, to: to, begun: time.Now()}
}

// line reports at most every two seconds, and the last step always.
func (p *progress) line(step int, loss float64) {
	now := time.Now()
	if now.Sub(p.last) < 2*time.Second && step != p.to {
		return
	}
	p.last = now
	elapsed := now.Sub(p.begun)
	perStep := elapsed / time.Duration(max(1, step-p.from))
	left := perStep * time.Duration(p.to-step)
	fmt.Fprintf(p.w, "%s: step %d/%d  loss %.5f  %.3g steps/s  %s left\n",
		p.name, step, p.to, loss, float64(time.Second)/float64(max(1, perStep)), left.Round(time.Second))
}
