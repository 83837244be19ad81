package notebooks

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"otherwise/counterfactual"
	"otherwise/internal/example"
	"otherwise/viz"
	"otherwise/viz/inline"
)

// TestViews looks at what package viz puts into notebooks, in JupyterLab and in nbconvert's pages. It needs no kernel: the outputs are
// those that cells would have.
func TestViews(t *testing.T) {
	python := browser(t)
	path := filepath.Join(t.TempDir(), "views.ipynb")
	writeNotebook(t, path, shownValues(t))
	t.Setenv("OTHERWISE_TEST_VIEWS", path)
	runScript(t, python, "test_views.py")
}

// TestPages looks at the notebooks as they are kept, in JupyterLab and as nbconvert's pages.
func TestPages(t *testing.T) {
	runScript(t, browser(t), "test_pages.py")
}

// browser names a Python that can drive the system's Chromium, which it tells the scripts; or it skips the test.
func browser(t *testing.T) (python string) {
	t.Helper()
	python = os.Getenv("OTHERWISE_JUPYTER_PYTHON")
	if python == "" {
		t.Skip("OTHERWISE_JUPYTER_PYTHON names no Python with Jupyter")
	}
	needModules(t, python, "jupyterlab", "nbconvert", "playwright")
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skipf("no browser (on Debian: apt-get install chromium): %v", err)
	}
	t.Setenv("OTHERWISE_TEST_CHROMIUM", chromium)
	return python
}

// shownValues are what cells show: each kind of view, some of them twice, as a notebook has them.
func shownValues(t *testing.T) map[string][]any {
	t.Helper()
	coloured, err := example.Savanna(3, true)
	if err != nil {
		t.Fatal(err)
	}
	other := *coloured
	other.Seed, other.Counterfactual = 4, *coloured.Steps[21].Decoded
	small := smallResult()
	var outcomes []viz.ThresholdResult
	for _, threshold := range []float64{.3, .6} {
		outcome, err := viz.ThresholdOutcome(threshold, small)
		if err != nil {
			t.Fatal(err)
		}
		outcomes = append(outcomes, outcome)
	}
	gallery, err := viz.SeedGallery([]*counterfactual.Result{coloured, &other})
	if err != nil {
		t.Fatal(err)
	}
	animation, err := viz.Scrubber{Steps: coloured.Steps}.Animation()
	if err != nil {
		t.Fatal(err)
	}
	fields := viz.Fields(smooth(3))
	amplified, factor := viz.Amplified(coloured.Original, *coloured.Steps[4].Decoded, 0)
	return map[string][]any{
		"pictures": {"viz.Heat", viz.Figure{Picture: viz.Heat(coloured.ActivationMap, 0, 0), Bar: viz.HeatBar("0", "1")}, "viz.Overlay", viz.Overlay(coloured.Original, coloured.ActivationMap, viz.OverlayAlpha),
			"viz.MaskImage", viz.MaskImage(coloured.Mask), "viz.Outline", viz.Figure{Picture: viz.Outline(coloured.Original, coloured.LatentMask), Side: 192},
			"viz.Difference", viz.Figure{Picture: viz.Difference(coloured.Original, coloured.Counterfactual), Bar: viz.DifferenceBar()},
			"viz.Magnitude", viz.Magnitude(coloured.Original, coloured.Counterfactual), "viz.Amplified", viz.Figure{Picture: amplified, Caption: fmt.Sprintf("× %g", factor)},
			"viz.Latent", viz.Latent(smooth(3)), "viz.Fields", fields[0], "viz.FieldWheel", viz.FieldWheel(160), "viz.Angles", viz.Figure{Picture: viz.Angles(smooth(1)), Bar: viz.AngleBar()}},
		"plots": {viz.Plot{Title: "viz.Plot", X: viz.Axis{Label: "threshold"}, Y: viz.Axis{Label: "share of pictures", Max: 1.1}, Curves: []viz.Curve{
			{Name: "one", X: []float64{.1, .3, .5, .7}, Y: []float64{1, .9, .7, .3}, Low: []float64{.9, .8, .55, .2}, High: []float64{1, .95, .8, .45}, Points: true},
			{Name: "other", X: []float64{.1, .3, .5, .7}, Y: []float64{.8, .7, .65, .6}}}},
			viz.Bars{Title: "viz.Bars", Value: viz.Axis{Label: "seconds"}, Labels: []string{"LDCE", "ECED"}, Series: []viz.Series{{Values: []float64{1.5, 7.5}}}}},
		"overview": {coloured}, "twice": {small, small}, "gallery": {gallery, animation},
		"explorer": {viz.Explorer{Picture: coloured.Original, Map: coloured.ActivationMap},
			viz.Explorer{Picture: small.Original, Map: small.ActivationMap, Thresholds: []float64{.1, .3, .6}, Counterfactuals: outcomes}},
	}
}

// smooth is a latent of waves.
func smooth(channels int) *counterfactual.Grid {
	const side = 32
	g := &counterfactual.Grid{Height: side, Width: side, Channels: channels}
	for i := range side * side * channels {
		x, y, c := i/channels%side, i/channels/side, i%channels
		g.Values = append(g.Values, float32(2.5*math.Sin(float64(x*(c+1))/6)*math.Cos(float64(y)/5)))
	}
	return g
}

// smallResult is one of 32x32 grey pixels: a disc that becomes a square.
func smallResult() *counterfactual.Result {
	const side = 32
	r := &counterfactual.Result{Method: "eced", Seed: 1, Classes: []string{"circle", "square"}, Target: 1, Before: []float64{.9, .1}, After: []float64{.2, .8}}
	r.Original = counterfactual.Picture{Height: side, Width: side, Channels: 1}
	r.ActivationMap = &counterfactual.Grid{Height: side, Width: side, Channels: 1}
	r.Counterfactual = r.Original
	for i := range side * side {
		x, y := float32(i%side)/side-.5, float32(i/side)/side-.5
		radius := x*x + y*y
		r.Original.Values = append(r.Original.Values, max(0, min(1, 8*(.12-radius))))
		r.Counterfactual.Values = append(r.Counterfactual.Values, max(0, min(1, 8*(.35-max(x, -x, y, -y)))))
		r.ActivationMap.Values = append(r.ActivationMap.Values, max(0, 1-4*radius))
	}
	for i := range 6 {
		r.Steps = append(r.Steps, counterfactual.Step{Stage: "adversarial", Index: i, Total: 6, TargetProbability: float64(i) / 6, Decoded: &r.Counterfactual})
	}
	return r
}

// writeNotebook writes a notebook whose cells have shown values, in the order of their names.
func writeNotebook(t *testing.T, path string, shown map[string][]any) {
	t.Helper()
	type object = map[string]any
	var cells []any
	for _, name := range []string{"overview", "twice", "explorer", "gallery", "pictures", "plots"} {
		view, err := inline.Of(shown[name]...)
		if err != nil {
			t.Fatal(err)
		}
		html, err := view.HTML()
		if err != nil {
			t.Fatal(err)
		}
		output := object{"output_type": "display_data", "metadata": object{}, "data": object{"text/html": html, "text/plain": view.Text()}}
		cells = append(cells, object{"cell_type": "code", "id": name, "execution_count": 1, "metadata": object{}, "source": "inline.Show(" + name + ")",
			"outputs": []any{output}})
	}
	text, err := json.Marshal(object{"nbformat": 4, "nbformat_minor": 5, "cells": cells,
		"metadata": object{"kernelspec": object{"name": "python3", "display_name": "none", "language": "python"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
