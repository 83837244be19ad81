package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/faces"
	"otherwise/internal/golden"
	"otherwise/internal/toyworld"
)

func TestDemoPlans(t *testing.T) {
	plan := worldsPlan("savanna", "faces")
	usual, err := plan.first(plan.usual)
	if err != nil {
		t.Fatal(err)
	}
	if usual.size() != 5 || len(usual.groups) != 3 || usual.groups[2].models.task != "Young" {
		t.Errorf("usual demo: %+v", usual.groups)
	}
	all, err := plan.first(plan.size())
	if err != nil {
		t.Fatal(err)
	}
	if len(all.groups) != 3 || len(all.groups[0].pairs) != 6 || all.size() != 10 {
		t.Errorf("whole demo: %+v", all.groups)
	}
	one, err := plan.first(1)
	if err != nil || one.size() != 1 || len(one.groups) != 1 {
		t.Errorf("a demo of one picture: %+v, %v", one.groups, err)
	}
	savanna := plan.of([]string{"fashion", "savanna"})
	if savanna.size() != 6 || savanna.usual != 5 || plan.of([]string{"fashion"}).size() != 0 || plan.size() != 10 {
		t.Errorf("of the savanna alone: %+v", savanna)
	}
	for _, n := range []int{0, 11} {
		if _, err := plan.first(n); err == nil {
			t.Errorf("a demo of %d pictures passes", n)
		}
	}
}

// A demo of a world shows the true counterfactual beside the found one. The networks are untrained.
func TestDemoOfAWorld(t *testing.T) {
	golden.Backend(t) // skips where there is none
	dir, out := t.TempDir(), t.TempDir()
	toyworld.Bundle(t, golden.Backend(t), "faces", dir, toyworld.Variant{Name: "young", Task: "Young", Classes: []string{"old", "young"}})
	b, err := bundle.OpenWith(golden.Backend(t), dir, bundle.Options{Task: "Young"})
	if err != nil {
		t.Fatal(err)
	}
	set, err := faces.New(datasets.Test, worldSeed, faces.Options{Task: "Young"})
	if err != nil {
		t.Fatal(err)
	}
	sample, err := set.Sample(0)
	if err != nil {
		t.Fatal(err)
	}
	pic, err := b.Picture(sample.Image)
	if err != nil {
		t.Fatal(err)
	}
	said, err := counterfactual.NewPredictor(b.Models).Probabilities(pic)
	if err != nil {
		t.Fatal(err)
	}
	from := counterfactual.ArgMax(said[0]) // which an untrained classifier says of nearly everything
	plan := demoPlan{title: "faces", usual: 1, groups: []demoGroup{{models: bundleFlags{name: dir, task: "Young"}, dataset: "faces",
		pairs: []demoPair{{b.Classes[from], b.Classes[1-from]}}}}}
	var told strings.Builder
	if err := (&demoFlags{out: out, count: 1}).run(t.Context(), plan, &told, io.Discard); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(out, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(page), "true counterfactual</"); n < 2 {
		t.Errorf("the page shows the true counterfactual %d times, want it for both methods", n)
	}
	truths, err := filepath.Glob(filepath.Join(out, "*", "truth.png"))
	if err != nil || len(truths) != 2 {
		t.Errorf("true counterfactuals in %v, %v; output:\n%s", truths, err, told.String())
	}
}
