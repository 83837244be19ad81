package viz

import (
	"testing"

	"otherwise/counterfactual"
)

func TestFrames(t *testing.T) {
	var steps []counterfactual.Step
	for i := range 100 {
		s := counterfactual.Step{Stage: "denoise", Index: i, Total: 100}
		if i%3 == 0 {
			s.Latent = grid(1, 1, 1, func(x, y, c int) float64 { return 0 })
		}
		steps = append(steps, s)
	}
	got := frames(steps, 0)
	if len(got) != mostFrames || got[0].Index != 0 || got[mostFrames-1].Index != 99 {
		t.Errorf("%d frames from %d to %d, want %d from 0 to 99", len(got), got[0].Index, got[len(got)-1].Index, mostFrames)
	}
	for i := range got[1:] {
		if got[i+1].Index <= got[i].Index || got[i].Latent == nil {
			t.Errorf("frame %d is step %d, the next %d", i, got[i].Index, got[i+1].Index)
		}
	}
	if got := frames(steps[:10], 0); len(got) != 4 {
		t.Errorf("%d frames of 4 that were kept", len(got))
	}
	if got := frames(nil, 0); len(got) != 0 {
		t.Errorf("%d frames of no step", len(got))
	}
	if got := label(steps[0]); got != "denoise 1/100" {
		t.Errorf("label is %q", got)
	}
}

func TestSteered(t *testing.T) {
	if got := steered(fixture("eced").Steps); len(got) != 20 || got[0].Stage != "adversarial" {
		t.Errorf("%d steps, want the 20 of the last stage", len(got))
	}
	if got := steered(nil); len(got) != 0 {
		t.Errorf("%d steps of none", len(got))
	}
}
