package viz

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"otherwise/counterfactual"
)

// reportView is what the template fills in: text, numbers and pictures ready to show.
type reportView struct {
	Title   string
	Style   template.CSS
	Notes   []string
	Items   []itemView
	Methods []methodView
	Legend  []legendView
}

type itemView struct {
	ID, Title, Source string
	Picture           template.URL // of the first result, "" without one
	Runs              []runView
}

// runView is a run; without a result, Error is set and nothing else but Method.
type runView struct {
	Method, Error     string
	Note              string // what must be known of the result
	Failure           string // why there is no counterfactual
	Pictures          []Figure
	Frames            []stepFrame
	Curve             *curveView
	Bars              []barView
	Before, After     string // the target's probability
	Target            string
	Flipped           bool
	Judged, Confirmed bool
	Judge             string // its probability, "" if unknown
	L1, Seconds       string
	Stages            []stageView
	Options           string
	Seed              uint64
	Backend           string
	Bundle, Hash      string
	Version           string
	seconds, distance float64
}

type stageView struct{ Name, Seconds string }

type barView struct {
	Class                 string
	Target                bool
	Before, After         string
	BeforeWide, AfterWide template.CSS
}

func newReportView(title string, items []ReportItem, notes []string) (*reportView, error) {
	view := &reportView{Title: title, Style: template.CSS(reportStyle), Notes: notes}
	for i, item := range items {
		iv := itemView{ID: fmt.Sprintf("problem-%d", i+1), Title: item.Title}
		for _, run := range item.Runs {
			rv, err := newRunView(run)
			if err != nil {
				return nil, fmt.Errorf("problem %d, method %s: %w", i+1, rv.Method, err)
			}
			if rv.Error == "" && iv.Picture == "" {
				if iv.Picture, err = rv.Pictures[0].Src(); err != nil {
					return nil, fmt.Errorf("problem %d: %w", i+1, err)
				}
				if iv.Title == "" {
					iv.Title = run.Result.Classes[run.Result.Predicted] + " → " + run.Result.Classes[run.Result.Target]
				}
			}
			iv.Source = cmp.Or(iv.Source, run.Info.Image)
			iv.Runs = append(iv.Runs, rv)
		}
		iv.Title = cmp.Or(iv.Title, iv.Source, fmt.Sprintf("problem %d", i+1))
		view.Items = append(view.Items, iv)
	}
	view.Methods = summarise(view.Items)
	view.Legend = legend(view.Items)
	return view, nil
}

func newRunView(run Run) (runView, error) {
	view := runView{Method: strings.ToUpper(run.Method)}
	if err := failure(run); err != nil {
		view.Method = cmp.Or(view.Method, "unknown method")
		view.Error = err.Error()
		return view, nil
	}
	r, info := run.Result, run.Info
	view.Method = cmp.Or(r.Title, view.Method, strings.ToUpper(r.Method))
	options, err := json.MarshalIndent(r.Options, "", "  ")
	if err != nil {
		return view, fmt.Errorf("options: %w", err)
	}
	if view.Pictures, err = Figures(r); err != nil {
		return view, err
	}
	if len(frames(r.Steps, 0)) > 0 {
		if view.Frames, err = (Scrubber{Steps: r.Steps, Brief: true}).frames(); err != nil {
			return view, err
		}
	}
	view.Curve = newCurve(steered(r.Steps))
	view.Bars = bars(r)
	view.Target = r.Classes[r.Target]
	view.Before, view.After = Probability(r.Before[r.Target]), Probability(r.After[r.Target])
	view.Flipped, view.Note = r.Flipped(), r.Note
	if r.Failure != nil {
		view.Failure = r.Failure.String()
	}
	if info.Confirmed != nil {
		view.Judged, view.Confirmed = true, *info.Confirmed
	}
	if info.JudgeProbability != nil {
		view.Judge = Probability(*info.JudgeProbability)
	}
	view.distance, view.seconds = meanDifference(r.Original, r.Counterfactual), r.Seconds()
	view.L1, view.Seconds = fmt.Sprintf("%.3f", view.distance), fmt.Sprintf("%.1f", view.seconds)
	for _, t := range r.Timings {
		view.Stages = append(view.Stages, stageView{t.Stage, fmt.Sprintf("%.2f", t.Duration.Seconds())})
	}
	view.Options, view.Seed = string(options), r.Seed
	view.Backend, view.Bundle, view.Hash, view.Version = info.Backend, info.Bundle, info.BundleHash, info.Version
	return view, nil
}

// failure is why a run has nothing to show, nil where it has.
func failure(run Run) error {
	if run.Err != nil {
		return run.Err
	}
	if run.Result == nil {
		return errors.New("there is neither a result nor an error: this was not run")
	}
	if err := check(run.Result); err != nil {
		return fmt.Errorf("the result is not sound: %w", err)
	}
	return nil
}

// bars are the five classes of the highest probability, before or after, the target always among them.
func bars(r *counterfactual.Result) []barView {
	var out []barView
	for _, c := range likeliest(r) {
		out = append(out, barView{
			Class: r.Classes[c], Target: c == r.Target,
			Before: Probability(r.Before[c]), After: Probability(r.After[c]),
			BeforeWide: width(r.Before[c]), AfterWide: width(r.After[c]),
		})
	}
	return out
}

// likeliest are the five classes of the highest probability, before or after, the target always among them and first.
func likeliest(r *counterfactual.Result) []int {
	highest := func(c int) float64 {
		if c == r.Target {
			return 2
		}
		return max(r.Before[c], r.After[c])
	}
	order := make([]int, len(r.Classes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(highest(b), highest(a)) })
	return order[:min(5, len(order))]
}

func width(share float64) template.CSS {
	return template.CSS(fmt.Sprintf("width:%.1f%%", 100*min(1, share)))
}

// Probability writes a probability with three digits, and shows that what isn't quite 0 or 1 isn't.
func Probability(p float64) string {
	switch {
	case p > 0 && p < .001:
		return "<0.001"
	case p < 1 && p > .999:
		return ">0.999"
	}
	return fmt.Sprintf("%.3f", p)
}
