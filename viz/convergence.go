package viz

import (
	"fmt"
	"slices"

	"otherwise/counterfactual"
)

// Convergence plots how a result came about, over the steps of its stages: the target's probability, what each stage minimises, and, of LDCE,
// the share of locations that were steered. A stage of one step has no curve.
func Convergence(r *counterfactual.Result) (Panels, error) {
	if err := check(r); err != nil {
		return Panels{}, err
	}
	if !hasCurves(r.Steps) {
		return Panels{}, fmt.Errorf("the trace of %s has too few steps for a curve", r.Method)
	}
	probability := Plot{Title: "Probability of " + r.Classes[r.Target], Width: 305, Height: 220, X: Axis{Label: "step"}, Y: Axis{Label: "probability", Max: 1}}
	var losses []View
	for _, stage := range stages(r.Steps) {
		if len(stage) < 2 {
			continue
		}
		name := stage[0].Stage
		chance, loss := Curve{Name: name}, Curve{}
		for _, s := range stage {
			chance.Y, loss.Y = append(chance.Y, s.TargetProbability), append(loss.Y, s.Loss)
		}
		// A stage that asks no classifier has the original's probability all along.
		if slices.ContainsFunc(chance.Y, func(p float64) bool { return p-p == 0 && p != chance.Y[0] }) {
			probability.Curves = append(probability.Curves, chance)
		}
		if len(loss.finite()) > 0 {
			losses = append(losses, Plot{Title: "Loss, " + name, Width: 305, Height: 220, X: Axis{Label: "step"}, Y: Axis{Label: lossUnit(r.Method, name), Max: above(loss.Y)}, Curves: []Curve{loss}})
		}
	}
	var views []View
	if len(probability.Curves) == 1 {
		probability.Curves[0].Name = ""
	}
	if len(probability.Curves) > 0 {
		views = append(views, probability)
	}
	views = append(views, losses...)
	if kept := keptShares(r.Steps); len(kept) > 1 {
		views = append(views, Plot{Title: "Locations steered", Width: 305, Height: 220, X: Axis{Label: "step"}, Y: Axis{Label: "share of locations", Max: 1}, Curves: []Curve{{Y: kept}}})
	}
	if len(views) == 0 {
		return Panels{}, fmt.Errorf("the trace of %s has no numbers", r.Method)
	}
	return Panels{Views: views}, nil
}

// above is an axis's end for values that begin at 0; 0, which fits the data, where some are below.
func above(values []float64) float64 {
	most := 0.
	for _, v := range values {
		if v < 0 {
			return 0
		}
		if v-v == 0 {
			most = max(most, v)
		}
	}
	return 1.05 * most
}

// lossUnit is what a stage's loss is.
func lossUnit(method, stage string) string {
	switch {
	case stage == "background":
		return "mean squared error"
	case method == "ldce":
		return "−log probability [nat]"
	case stage == "adversarial":
		return "cross-entropy [nat]"
	}
	return "loss"
}

// stages are the steps, stage by stage.
func stages(steps []counterfactual.Step) [][]counterfactual.Step {
	var out [][]counterfactual.Step
	for i, s := range steps {
		if i == 0 || s.Stage != steps[i-1].Stage {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], s)
	}
	return out
}

func hasCurves(steps []counterfactual.Step) bool {
	return slices.ContainsFunc(stages(steps), func(stage []counterfactual.Step) bool { return len(stage) > 1 })
}

func keptShares(steps []counterfactual.Step) []float64 {
	var out []float64
	for _, s := range steps {
		if s.Kept != nil {
			out = append(out, share(s.Kept))
		}
	}
	return out
}
