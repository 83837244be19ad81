package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otherwise/datasets"
	"otherwise/datasets/savanna"
	"otherwise/internal/golden"
	"otherwise/internal/toyworld"
)

// Evaluating a biased classifier of a world's bundle measures against the truth in every way there is. The networks are untrained.
func TestEvaluateInAWorld(t *testing.T) {
	dir := t.TempDir()
	toyworld.Bundle(t, golden.Backend(t), "savanna", dir, toyworld.Variant{Name: "biased", Task: "animal", Classes: new(savanna.Set).Classes(),
		Bias: []datasets.Bias{{Factor: "land=sand", Class: "zebra", Strength: 0.95}}})
	e := evaluateFlags{method: "ldce", dataset: "savanna", split: string(datasets.Test), format: formatMarkdown, count: 2,
		out: filepath.Join(dir, "e.json"), models: bundleFlags{name: dir, classifier: "biased"}}
	var told strings.Builder
	if err := e.run(t.Context(), "otherwise evaluate", &told, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(e.out)
	if err != nil {
		t.Fatal(err)
	}
	var got evaluationReport
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Task != "animal" || got.Classifier != "biased" || got.Encoder != "encoder" || len(got.Methods) != 1 {
		t.Fatalf("report %+v", got)
	}
	truth := got.Methods[0].Truth
	if truth == nil || truth.Perceptual == nil || truth.Kept == nil || truth.KeptByTruth == nil || truth.Planted == nil || truth.Consensus == nil {
		t.Fatalf("against the truth: %+v", truth)
	}
	if !(truth.Found > truth.Unchanged) || !(truth.Perceptual.Found > truth.Perceptual.Unchanged) || *truth.InPlanted <= 0 {
		t.Errorf("an untrained model beats the unchanged picture: %+v, %+v", truth, truth.Perceptual)
	}
	for _, want := range []string{"| distance to the truth |", "| other factors kept |", "| change where the planted factor shows |"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("no %q in\n%s", want, told.String())
		}
	}
	// finished pictures are kept, but not for another classifier
	e.models.classifier = ""
	if err := e.run(t.Context(), "otherwise evaluate", io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("another classifier goes on with the pictures of the first: %v", err)
	}
}
