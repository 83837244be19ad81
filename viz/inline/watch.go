package inline

import (
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strings"
	"sync"
	"time"

	"otherwise/counterfactual"
	"otherwise/kernel/display"
	"otherwise/viz"
)

const (
	// redrawEvery is the least time between two looks of a progress line.
	redrawEvery = 100 * time.Millisecond
	// previewSide is about the side, in pixels, of the preview.
	previewSide = 96
)

// Watch shows how a method gets on, in one output that changes at most ten times a second: stage and step, the target's
// probability, the time it took and about how long the stage will take from here, and the latest picture of the trace. Pass
// the observer to Explain and call done when that has returned, whatever it returned; done draws the last state.
// Outside of a notebook both do nothing. Of a batch the first problem is watched.
func Watch(title string) (observe counterfactual.Observer, done func()) {
	if !display.InNotebook() {
		return func(counterfactual.Step) error { return nil }, func() {}
	}
	id := display.NewID()
	return watch(title, func(o display.Output) { _ = display.Update(id, o) }) // no display is no reason to stop
}

// watch draws with show, from a goroutine of its own: a slow display doesn't hold up the method.
func watch(title string, show func(display.Output)) (counterfactual.Observer, func()) {
	p := &progress{title: title, begun: time.Now()}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(redrawEvery)
		defer ticker.Stop()
		var shown display.Output
		for ended := false; ; {
			if o, err := p.output(time.Now(), ended); err == nil && o != shown {
				show(o)
				shown = o
			}
			if ended {
				return
			}
			select {
			case <-ticker.C:
			case <-stop:
				ended = true
			}
		}
	}()
	return p.observe, sync.OnceFunc(func() {
		close(stop)
		<-stopped
	})
}

// progress is the state that is drawn.
type progress struct {
	title string
	begun time.Time

	mu        sync.Mutex
	last      counterfactual.Step
	seen      time.Time // when last was; zero before the first step
	first     int       // index of the stage's first step
	firstSeen time.Time
	preview   *viz.Figure
}

// progressView is what the template fills in.
type progressView struct {
	Title, State, Detail string
	Bar                  bool
	Made, Total          int
	Preview              *viz.Figure
	Side                 int
}

func (p *progress) observe(s counterfactual.Step) error {
	if s.Problem != 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.seen.IsZero() || s.Stage != p.last.Stage {
		p.first, p.firstSeen = s.Index, now
	}
	p.last, p.seen = s, now
	if s.Decoded == nil {
		return nil
	}
	p.preview = &viz.Figure{Alt: "latest picture", Picture: viz.Image(*s.Decoded), Side: previewSide}
	return nil
}

//go:embed inline.tmpl
var source string

var page = template.Must(template.New("progress").Parse(source))

// output draws the state of the time now.
func (p *progress) output(now time.Time, ended bool) (display.Output, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := progressView{Title: p.title, State: "preparing", Detail: now.Sub(p.begun).Truncate(time.Second).String(), Preview: p.preview, Side: previewSide}
	if !p.seen.IsZero() {
		v.Made, v.Total, v.Bar = p.last.Index+1, p.last.Total, !ended
		v.State = fmt.Sprintf("%s, step %d of %d", p.last.Stage, v.Made, v.Total)
		if t := p.last.TargetProbability; !math.IsNaN(t) {
			v.State += ", target " + viz.Probability(t)
		}
		if left, known := p.left(now); known && !ended {
			v.Detail += ", about " + left.Round(time.Second).String() + " to go in this stage"
		}
	} else if ended {
		v.State = "ended before the first step"
	}
	if ended {
		v.Detail = fmt.Sprintf("%.1f s", now.Sub(p.begun).Seconds())
	}
	var text strings.Builder
	err := page.Execute(&text, v)
	return display.Output{HTML: text.String(), Text: fmt.Sprintf("%s: %s (%s)", v.Title, v.State, v.Detail)}, err
}

// left is about how long the stage will take from now, going by the pace of its steps so far. The first step's own time isn't
// known: programs may have been compiled before it.
func (p *progress) left(now time.Time) (time.Duration, bool) {
	made := p.last.Index - p.first
	if made < 1 {
		return 0, false
	}
	pace := p.seen.Sub(p.firstSeen) / time.Duration(made)
	return max(0, pace*time.Duration(p.last.Total-1-p.last.Index)-now.Sub(p.seen)), true
}
