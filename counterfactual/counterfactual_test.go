package counterfactual

import (
	"math"
	"strings"
	"testing"

	"otherwise/classify"
)

func TestFramesAreSpreadEvenly(t *testing.T) {
	for _, c := range []struct{ total, frames int }{{30, 8}, {100, 2}, {7, 7}, {5, 8}, {191, 8}} {
		kept := 0
		for k := range c.total {
			if IsFrame(k, c.total, c.frames) {
				kept++
			}
		}
		if want := min(c.total, c.frames); kept != want {
			t.Errorf("%d of %d steps kept, want %d", kept, c.total, want)
		}
		if !IsFrame(0, c.total, c.frames) || !IsFrame(c.total-1, c.total, c.frames) {
			t.Errorf("first or last of %d steps is not among %d frames", c.total, c.frames)
		}
	}
	if !IsFrame(3, 10, -1) || IsFrame(3, 10, 1) || !IsFrame(9, 10, 1) {
		t.Error("-1 must keep all, 1 the last alone")
	}
}

func TestRunnerUp(t *testing.T) {
	for _, c := range []struct {
		values          []float64
		first, runnerUp int
	}{
		{[]float64{0.1, 0.7, 0.2}, 1, 2}, {[]float64{0.5, 0.5}, 0, 1}, {[]float64{math.NaN(), 0.2, 0.1}, 1, 2},
	} {
		if got := ArgMax(c.values); got != c.first {
			t.Errorf("%v: largest at %d, want %d", c.values, got, c.first)
		}
		if got := RunnerUp(c.values); got != c.runnerUp {
			t.Errorf("%v: second at %d, want %d", c.values, got, c.runnerUp)
		}
	}
}

func TestSameClassErrorNamesTheClass(t *testing.T) {
	m := Models{Classifier: &classify.Classifier{Classes: []string{"boot", "bag"}}}
	if err := m.CheckTarget([]float64{0.2, 0.8}, 1); err == nil || !strings.Contains(err.Error(), `"bag"`) {
		t.Errorf("got %v", err)
	}
	if err := m.CheckTarget([]float64{0.2, 0.8}, 0); err != nil {
		t.Errorf("another class than the predicted one: %v", err)
	}
}

func TestBatchRefusesWhatDoesNotFit(t *testing.T) {
	good := Picture{Height: 1, Width: 2, Channels: 1, Values: []float32{0, 1}}
	for word, p := range map[string]Picture{
		"NaN":        {Height: 1, Width: 2, Channels: 1, Values: []float32{float32(math.NaN()), 0}},
		"legal is 0": {Height: 1, Width: 2, Channels: 1, Values: []float32{0, 1.5}},
		"3 values":   {Height: 1, Width: 2, Channels: 1, Values: make([]float32, 3)},
		"one size":   {Height: 2, Width: 2, Channels: 1, Values: make([]float32, 4)},
		"0x0":        {},
	} {
		if _, err := Batch(good, p); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}
