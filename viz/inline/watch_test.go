package inline

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"otherwise/counterfactual"
	"otherwise/kernel/display"
)

// watched runs play with an observer on a clock of its own and returns what was shown, and when.
func watched(t *testing.T, play func(observe counterfactual.Observer)) (shown []string, at []time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		observe, done := watch("LDCE", func(o display.Output) {
			shown, at = append(shown, o.HTML), append(at, time.Since(begun))
		})
		play(observe)
		done()
		done() // a deferred call beside a plain one does no harm
	})
	return shown, at
}

func TestProgressIsThrottled(t *testing.T) {
	const steps = 1000
	shown, at := watched(t, func(observe counterfactual.Observer) {
		for i := range steps {
			time.Sleep(3 * time.Millisecond)
			if err := observe(counterfactual.Step{Stage: "denoise", Index: i, Total: steps, TargetProbability: .5}); err != nil {
				t.Error(err)
			}
		}
	})
	for i := 1; i < len(at)-1; i++ { // the last is done's
		if gap := at[i] - at[i-1]; gap < redrawEvery {
			t.Fatalf("drawn %v after %v", gap, at[i-1])
		}
	}
	if len(shown) < 25 || len(shown) > 32 {
		t.Errorf("drawn %d times in 3 seconds", len(shown))
	}
	wantIn(t, shown[len(shown)-1], "<b>LDCE</b>: denoise, step 1000 of 1000, target 0.500", "3.0 s")
}

func TestProgressTellsTime(t *testing.T) {
	shown, at := watched(t, func(observe counterfactual.Observer) {
		time.Sleep(10 * time.Second) // compiling
		for i := range 10 {
			time.Sleep(2 * time.Second)
			if err := observe(counterfactual.Step{Stage: "denoise", Index: i, Total: 20, TargetProbability: math.NaN()}); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(redrawEvery)
	})
	for second := range 10 { // a look a second: the clock goes on while programs are compiled
		if at[second] != time.Duration(second)*time.Second {
			t.Errorf("look %d is of %v", second, at[second])
		}
	}
	wantIn(t, shown[0], "<b>LDCE</b>: preparing", "0s")
	if strings.Contains(shown[0], "<progress") {
		t.Errorf("a bar before the first step: %s", shown[0])
	}
	running := shown[len(shown)-2]
	wantIn(t, running, "step 10 of 20", "30s, about 20s to go in this stage", `<progress max="20" value="10"`)
	ended := shown[len(shown)-1]
	wantIn(t, ended, "step 10 of 20", "30.1 s")
	for _, gone := range []string{"to go", "<progress", "NaN"} {
		if strings.Contains(ended, gone) {
			t.Errorf("%q in %s", gone, ended)
		}
	}
}

func TestProgressShowsLatestPicture(t *testing.T) {
	shown, _ := watched(t, func(observe counterfactual.Observer) {
		for i, decoded := range []*counterfactual.Picture{new(grey(8, 0)), new(grey(8, 1)), nil} {
			for problem := range 2 {
				step := counterfactual.Step{Problem: problem, Stage: "adversarial", Index: i, Total: 3, Decoded: decoded}
				if problem == 1 && decoded != nil {
					step.Decoded = new(grey(8, .5)) // another problem's picture isn't shown
				}
				if err := observe(step); err != nil {
					t.Error(err)
				}
			}
		}
	})
	pictures := decode(t, shown[len(shown)-1])
	if len(pictures) != 1 {
		t.Fatalf("%d pictures in %s", len(pictures), shown[len(shown)-1])
	}
	if r, _, _, _ := pictures[0].At(0, 0).RGBA(); r != 0xffff {
		t.Errorf("a pixel of the preview is %x, want the white of the latest picture", r)
	}
}

// Where no HTML is shown, a line tells the same.
func TestProgressInWords(t *testing.T) {
	p := &progress{title: "LDCE", begun: time.Now()}
	if err := p.observe(counterfactual.Step{Stage: "denoise", Index: 4, Total: 20, TargetProbability: .25}); err != nil {
		t.Fatal(err)
	}
	o, err := p.output(p.begun.Add(3*time.Second), false)
	if err != nil {
		t.Fatal(err)
	}
	if want := "LDCE: denoise, step 5 of 20, target 0.250 (3s)"; o.Text != want {
		t.Errorf("text %q, want %q", o.Text, want)
	}
}

func TestProgressWithoutAStep(t *testing.T) {
	shown, _ := watched(t, func(counterfactual.Observer) { time.Sleep(50 * time.Millisecond) })
	wantIn(t, shown[len(shown)-1], "ended before the first step")
}
