package diagnose

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"otherwise/counterfactual"
	"otherwise/viz"
)

// Evolution is how latent and picture came to be, at the frames of a trace.
type Evolution struct {
	Frames []Frame `json:"frames"`

	result *counterfactual.Result
}

// Frame is the state after one step.
type Frame struct {
	Stage             string  `json:"stage"`
	Step              int     `json:"step"` // from 1
	Total             int     `json:"total"`
	TargetProbability float64 `json:"target_probability"`
	// Mean and Deviation are the latent's, over all values; a latent of pure noise has about 0 and 1.
	Mean      float64 `json:"latent_mean"`
	Deviation float64 `json:"latent_deviation"`
	// Moved is the mean absolute difference from the latent of the frame before; 0 for the first.
	Moved float64 `json:"latent_moved"`
	// Change is the mean absolute difference of the picture that the step implies from the original.
	Change float64 `json:"change"`

	step counterfactual.Step
}

// Evolve reads the frames of a result's trace: the steps that kept their latent and their picture. A trace without is an error.
func Evolve(r *counterfactual.Result) (*Evolution, error) {
	e := &Evolution{result: r}
	var before *counterfactual.Grid
	for _, s := range r.Steps {
		if s.Latent == nil || s.Decoded == nil {
			continue
		}
		f := Frame{Stage: s.Stage, Step: s.Index + 1, Total: s.Total, TargetProbability: s.TargetProbability, step: s}
		n := float64(len(s.Latent.Values))
		var squares float64
		for i, v := range s.Latent.Values {
			f.Mean += float64(v) / n
			squares += float64(v) * float64(v) / n
			if before != nil {
				f.Moved += math.Abs(float64(v)-float64(before.Values[i])) / n
			}
		}
		f.Deviation = math.Sqrt(max(0, squares-f.Mean*f.Mean))
		for i, v := range s.Decoded.Values {
			f.Change += math.Abs(float64(v)-float64(r.Original.Values[i])) / float64(len(s.Decoded.Values))
		}
		before = s.Latent
		e.Frames = append(e.Frames, f)
	}
	if len(e.Frames) == 0 {
		return nil, errors.New("no step of the trace kept its latent and picture: set trace_frames to the number that is wanted, or -1 for all")
	}
	return e, nil
}

// View is the strip: a column for each frame, with the picture that it implies, its change from the original, the latent's channels
// and, in LDCE, where it was steered.
func (e *Evolution) View() viz.View {
	var pictures, differences, latents, kept []viz.View
	for _, f := range e.Frames {
		pictures = append(pictures, viz.Figure{Title: fmt.Sprintf("%s %d/%d", f.Stage, f.Step, f.Total), Caption: "target " + viz.Probability(f.TargetProbability),
			Picture: viz.Image(*f.step.Decoded)})
		differences = append(differences, viz.Figure{Caption: fmt.Sprintf("change %.3f", f.Change), Picture: viz.Difference(e.result.Original, *f.step.Decoded)})
		latents = append(latents, viz.Figure{Caption: fmt.Sprintf("latent, moved %.2f", f.Moved), Picture: viz.Latent(f.step.Latent)})
		if f.step.Kept != nil {
			kept = append(kept, viz.Figure{Caption: "steered where white", Picture: viz.MaskImage(f.step.Kept)})
		}
	}
	return viz.Panels{Views: slices.Concat(pictures, differences, latents, kept), Columns: len(e.Frames)}
}

// Drawings are strip.png.
func (e *Evolution) Drawings() []viz.Drawing {
	return []viz.Drawing{{Name: "strip", Image: e.View().Image()}}
}

// String tells how the frames begin and end.
func (e *Evolution) String() string {
	first, last := e.Frames[0], e.Frames[len(e.Frames)-1]
	return fmt.Sprintf("%d frames, target %.3f -> %.3f; the picture's change from the original %.4f -> %.4f",
		len(e.Frames), first.TargetProbability, last.TargetProbability, first.Change, last.Change)
}
