package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"otherwise/counterfactual"
)

func TestWatchLines(t *testing.T) {
	var out strings.Builder
	observe, done := watchLines(&out, "eced", time.Hour)
	steps := []counterfactual.Step{
		{Stage: "background", Index: 0, Total: 2},
		{Stage: "background", Index: 1, Total: 2, TargetProbability: 0.25},
		{Stage: "adversarial", Index: 0, Total: 9, TargetProbability: 0.5},
		{Stage: "adversarial", Index: 1, Total: 9, TargetProbability: 0.75},
	}
	for _, s := range steps {
		if err := observe(s); err != nil {
			t.Fatal(err)
		}
	}
	done()
	got := regexp.MustCompile(`, \d+\.\d s`).ReplaceAllString(out.String(), "")
	want := "eced: background, step 2 of 2, target 0.250\neced: adversarial, step 2 of 9, target 0.750\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestWatchLinesSometimes(t *testing.T) {
	var out strings.Builder
	observe, done := watchLines(&out, "ldce", -1) // every step is late
	for i := range 3 {
		if err := observe(counterfactual.Step{Stage: "denoise", Index: i, Total: 3}); err != nil {
			t.Fatal(err)
		}
	}
	done()
	if lines := strings.Count(out.String(), "\n"); lines != 3 {
		t.Errorf("%d lines:\n%s", lines, out.String())
	}
}

func TestWatchNothing(t *testing.T) {
	var out strings.Builder
	_, done := watch(&out, "ldce")
	done()
	if out.String() != "" {
		t.Errorf("a run without steps says %q", out.String())
	}
}

func TestWatchBar(t *testing.T) {
	var out strings.Builder
	observe, done := watchBar(&out, "ldce")
	for i := range 2 {
		if err := observe(counterfactual.Step{Stage: "denoise", Index: i, Total: 3, TargetProbability: 0.5}); err != nil {
			t.Fatal(err)
		}
	}
	done()
	if !strings.Contains(out.String(), "ldce: denoise, target 0.500") || !strings.Contains(out.String(), "1/3") {
		t.Errorf("shown: %q", out.String())
	}
}

func TestCounter(t *testing.T) {
	var out strings.Builder
	c := newCounter(&out, "inputs")
	c.begun, c.told = time.Now().Add(-20*time.Second), time.Now().Add(-20*time.Second)
	c.show(32, 128)
	c.show(64, 128) // too soon after the first
	c.done()
	if want := "32 of 128 inputs, about 60 s left\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
