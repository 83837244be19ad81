package viz

import (
	"encoding/json"
	"io"
	"math"

	"otherwise/counterfactual"
)

// resultJSON is the content of result.json.
type resultJSON struct {
	Version    string `json:"version"`
	Method     string `json:"method"`
	Title      string `json:"title,omitempty"` // what the method may be called, and
	Note       string `json:"note,omitempty"`  // what must be known of it
	Bundle     string `json:"bundle"`
	BundleHash string `json:"bundle_hash"`
	Backend    string `json:"backend"`
	Image      string `json:"image"`
	Seed       uint64 `json:"seed"`

	Predicted classJSON `json:"predicted_class"`
	Target    classJSON `json:"target_class"`

	Flipped          bool     `json:"flipped"`
	Confirmed        *bool    `json:"confirmed"`         // null without a judge
	JudgeProbability *float64 `json:"judge_probability"` // null without a judge
	TargetBefore     float64  `json:"target_probability_before"`
	TargetAfter      float64  `json:"target_probability_after"`
	TargetPasted     *float64 `json:"target_probability_pasted,omitempty"` // with the original pasted around the mask
	L1               float64  `json:"l1"`
	TruthL1          *float64 `json:"l1_to_truth,omitempty"` // from the counterfactual to the true one, where it is known

	Failure *counterfactual.Failure `json:"failure,omitempty"` // why it didn't flip, where that was asked

	SecondsTotal float64     `json:"seconds_total"`
	Seconds      []stageJSON `json:"seconds_per_stage"`
	Options      any         `json:"options"`

	Before []probabilityJSON `json:"probabilities_before"`
	After  []probabilityJSON `json:"probabilities_after"`
}

type classJSON struct {
	Index int    `json:"index"`
	Name  string `json:"name"`
}

type stageJSON struct {
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
}

// probabilityJSON is an entry of a list, in the classes' order: names need not be unique.
type probabilityJSON struct {
	Class       string  `json:"class"`
	Probability float64 `json:"probability"`
}

func writeJSON(w io.Writer, r *counterfactual.Result, info RunInfo) error {
	classes := r.Classes
	out := resultJSON{
		Version: info.Version, Method: r.Method, Title: r.Title, Note: r.Note, Bundle: info.Bundle, BundleHash: info.BundleHash, Backend: info.Backend,
		Image: info.Image, Seed: r.Seed,
		Predicted: classJSON{r.Predicted, classes[r.Predicted]}, Target: classJSON{r.Target, classes[r.Target]},
		Flipped: r.Flipped(), Confirmed: info.Confirmed, JudgeProbability: info.JudgeProbability,
		TargetBefore: r.Before[r.Target], TargetAfter: r.After[r.Target], L1: meanDifference(r.Original, r.Counterfactual),
		SecondsTotal: r.Seconds(), Seconds: []stageJSON{}, Options: r.Options, Failure: r.Failure,
	}
	if r.Truth != nil {
		d := meanDifference(*r.Truth, r.Counterfactual)
		out.TruthL1 = &d
	}
	if r.Pasted != nil {
		out.TargetPasted = &r.Pasted.After[r.Target]
	}
	for _, t := range r.Timings {
		out.Seconds = append(out.Seconds, stageJSON{t.Stage, t.Duration.Seconds()})
	}
	for i, class := range classes {
		out.Before = append(out.Before, probabilityJSON{class, r.Before[i]})
		out.After = append(out.After, probabilityJSON{class, r.After[i]})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// meanDifference is the L1 distance of two pictures of one size: the mean absolute difference of their values, 0 to 1.
func meanDifference(a, b counterfactual.Picture) float64 {
	var sum float64
	for i := range a.Values {
		sum += math.Abs(float64(a.Values[i]) - float64(b.Values[i]))
	}
	return sum / float64(len(a.Values))
}
