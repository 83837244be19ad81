package viz

import (
	"cmp"
	"fmt"
	"image"
	"slices"
	"strings"

	"otherwise/counterfactual"
)

// Part is a part of an [Overview].
type Part string

// The parts of an overview, in their order.
const (
	PartOutcome Part = "outcome" // original and counterfactual, the slider between them, the truth where it is known
	PartChanges Part = "changes" // difference maps, reconstruction
	PartRegion  Part = "region"  // activation map and masks, or the consensus map
	PartBars    Part = "bars"    // class probabilities before and after
	PartCurves  Part = "curves"  // convergence
	PartSteps   Part = "steps"   // the scrubber
)

// Parts are all parts, in their order.
func Parts() []Part {
	return []Part{PartOutcome, PartChanges, PartRegion, PartBars, PartCurves, PartSteps}
}

// Overview shows a whole result: what a notebook shows of a [counterfactual.Result].
type Overview struct {
	Result *counterfactual.Result
	Parts  []Part // those of interest, in the order of [Parts]; nil is all that the result has something for
	Frames int    // most steps of the scrubber; 8 if 0
	// Decode decodes latents in the scrubber, see [Scrubber].
	Decode func(latents ...counterfactual.Grid) ([]counterfactual.Picture, error)
}

// overviewFrames keeps ten explanations in a notebook below 3 MB.
const overviewFrames = 8

func (o Overview) check() error {
	for _, p := range o.Parts {
		if !slices.Contains(Parts(), p) {
			return fmt.Errorf("unknown part %q of an overview; legal are %q", p, Parts())
		}
	}
	return check(o.Result)
}

// views are those of the parts: what stands beside each other is one view.
func (o Overview) views() ([]View, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	r := o.Result
	var pictures, plots Panels
	if o.has(PartOutcome) {
		pictures.Views = append(pictures.Views, Compare{Before: originalFigure(r), After: counterfactualFigure(r), Beside: true})
	}
	if o.has(PartOutcome) {
		pictures.add(truthFigures(r))
	}
	if o.has(PartChanges) {
		pictures.add(changeFigures(r))
	}
	if o.has(PartRegion) {
		pictures.add(regionFigures(r))
	}
	if o.has(PartBars) {
		bars, err := Probabilities(r)
		if err != nil {
			return nil, err
		}
		plots.Views = append(plots.Views, bars)
	}
	if o.has(PartCurves) && hasCurves(r.Steps) {
		curves, err := Convergence(r)
		if err != nil {
			return nil, err
		}
		plots.Views = append(plots.Views, curves.Views...)
	}
	var out []View
	for _, p := range []Panels{pictures, plots} {
		if len(p.Views) > 0 {
			out = append(out, p)
		}
	}
	if o.has(PartSteps) && len(frames(r.Steps, 0)) > 0 {
		out = append(out, Scrubber{Steps: r.Steps, Frames: cmp.Or(o.Frames, overviewFrames), Decode: o.Decode})
	}
	return out, nil
}

func (o Overview) has(p Part) bool { return o.Parts == nil || slices.Contains(o.Parts, p) }

// overviewView is what the template fills in.
type overviewView struct {
	*counterfactual.Result
	Name          string // the method's
	Class, Says   string // the target's name, and the class that the counterfactual is given
	Probabilities [2]string
	Parts         any
}

// HTML is the overview.
func (o Overview) HTML() (string, error) {
	views, err := o.views()
	if err != nil {
		return "", fmt.Errorf("the result isn't shown: %w", err)
	}
	parts, err := htmlParts(views)
	if err != nil {
		return "", err
	}
	r := o.Result
	return executed("overview", overviewView{Result: r, Name: cmp.Or(r.Title, strings.ToUpper(r.Method)), Class: r.Classes[r.Target],
		Says: r.Classes[counterfactual.ArgMax(r.After)], Parts: parts,
		Probabilities: [2]string{Probability(r.Before[r.Target]), Probability(r.After[r.Target])}})
}

// Text tells the outcome in a line.
func (o Overview) Text() string {
	if err := o.check(); err != nil {
		return "no result: " + err.Error()
	}
	r := o.Result
	verdict := "the classifier now says " + r.Classes[r.Target]
	if !r.Flipped() {
		verdict = "no counterfactual found, the classifier still says " + r.Classes[counterfactual.ArgMax(r.After)]
	}
	return fmt.Sprintf("%s: %s %s -> %s, %s (%.1f s, seed %d)", cmp.Or(r.Title, strings.ToUpper(r.Method)), r.Classes[r.Target],
		Probability(r.Before[r.Target]), Probability(r.After[r.Target]), verdict, r.Seconds(), r.Seed)
}

// Image has the parts below each other.
func (o Overview) Image() image.Image {
	views, err := o.views()
	if err != nil || len(views) == 0 {
		return undrawable()
	}
	return Panels{Title: o.Text(), Views: views, Columns: 1}.Image()
}
