package viz_test

import (
	"fmt"
	"os"
	"path/filepath"

	"otherwise/counterfactual"
	"otherwise/viz"
)

// result is what a method would give.
func result() *counterfactual.Result {
	picture := func(values ...float32) counterfactual.Picture {
		return counterfactual.Picture{Height: 2, Width: 2, Channels: 1, Values: values}
	}
	return &counterfactual.Result{Method: "eced", Seed: 1, Classes: []string{"boot", "sneaker"}, Target: 1,
		Original: picture(.1, .2, .8, .9), Counterfactual: picture(.1, .25, .8, .9), Before: []float64{.9, .1}, After: []float64{.2, .8},
		ActivationMap: &counterfactual.Grid{Height: 2, Width: 2, Channels: 1, Values: []float32{0, .9, .4, .1}}}
}

// All of a result in one page, which opens without a network.
func ExampleOverview() {
	view := viz.Overview{Result: result()}
	fmt.Println(view.Text())

	folder, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	fmt.Println(viz.Save(filepath.Join(folder, "result.html"), view))
	// Output:
	// ECED: sneaker 0.100 -> 0.800, the classifier now says sneaker (0.0 s, seed 1)
	// <nil>
}

// The mask of each threshold, and the counterfactual of one.
func ExampleExplorer() {
	r := result()
	outcome, err := viz.ThresholdOutcome(.5, r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(viz.Explorer{Picture: r.Original, Map: r.ActivationMap, Thresholds: []float64{.25, .5}, Counterfactuals: []viz.ThresholdResult{outcome}}.Text())
	// Output:
	// threshold of the activation map
	// activation map
	// threshold 0.5: 25.0 % may change, sneaker 0.800, flipped
}

// The changes are too small to be seen: the factor that shows them belongs beside the picture.
func ExampleAmplified() {
	r := result()
	picture, factor := viz.Amplified(r.Original, r.Counterfactual, 0)
	fmt.Println(viz.Figure{Title: "difference", Caption: fmt.Sprintf("× %g", factor), Picture: picture}.Text())
	// Output: difference: × 10
}

func ExamplePlot() {
	p := viz.Plot{Title: "Flips", X: viz.Axis{Label: "threshold"}, Y: viz.Axis{Label: "share of pictures", Max: 1},
		Curves: []viz.Curve{{Name: "ECED", X: []float64{.1, .3, .5}, Y: []float64{1, .9, .4}, Points: true}}}
	fmt.Println(p.Text())
	// Output: plot Flips: share of pictures over threshold: ECED from 1 to 0.4
}
