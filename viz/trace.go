package viz

import (
	"fmt"

	"otherwise/counterfactual"
)

// mostFrames is how many frames of a trace are shown where nothing else is asked for.
const mostFrames = 11

// frames are the steps to show, of those that kept their latent or picture: all, or the first, the last and some evenly
// between, most of them; 0 is mostFrames.
func frames(steps []counterfactual.Step, most int) []counterfactual.Step {
	if most < 1 {
		most = mostFrames
	}
	var kept []counterfactual.Step
	for _, s := range steps {
		if s.Latent != nil || s.Decoded != nil {
			kept = append(kept, s)
		}
	}
	if len(kept) <= most {
		return kept
	}
	if most == 1 {
		return kept[len(kept)-1:]
	}
	chosen := make([]counterfactual.Step, most)
	for i := range chosen {
		chosen[i] = kept[i*(len(kept)-1)/(most-1)]
	}
	return chosen
}

// label names a step, counting from 1.
func label(s counterfactual.Step) string {
	return fmt.Sprintf("%s %d/%d", s.Stage, s.Index+1, s.Total)
}

// steered are the steps of the last stage, which moves the picture to its target.
func steered(steps []counterfactual.Step) []counterfactual.Step {
	first := len(steps)
	for first > 0 && steps[first-1].Stage == steps[len(steps)-1].Stage {
		first--
	}
	return steps[first:]
}
