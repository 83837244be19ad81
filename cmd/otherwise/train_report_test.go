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
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/toyworld"
	"otherwise/train"
)

// The networks are untrained: the report is whole, and tells that they are bad.
func TestTrainReport(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	toyworld.Bundle(t, golden.Backend(t), "savanna", dir, toyworld.Variant{Name: "biased", Task: "animal", Classes: new(savanna.Set).Classes(),
		Bias: []datasets.Bias{{Factor: "land=sand", Class: "zebra", Strength: 0.95}}})
	r := trainReport{bundle: dir, dataset: "savanna", out: out, options: train.ReportOptions{Test: 100, Generate: 12},
		sampling: samplingFlags{scheduler: "dpm", given: diffusion.SampleOptions{Steps: 2, GuidanceScale: 2}}}
	var told strings.Builder
	if err := r.run(t.Context(), "otherwise train report", &told, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got train.Report
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Classifiers) != 2 || got.Classifiers[0].Promised != nil || got.Classifiers[1].Promised == nil || got.Classifiers[0].Accuracy > 0.5 {
		t.Errorf("classifiers %+v", got.Classifiers)
	}
	if q := got.Quality; q == nil || q.Pictures != 100 || q.PSNR > 25 || q.SubjectPSNR == nil || !(q.SSIM < 0.85) {
		t.Errorf("quality %+v", q)
	}
	if len(got.Factors) != 7 || got.Bytes["encoder"] == 0 || got.Generated.Frechet == nil || !(*got.Generated.Frechet > *got.Generated.Real) {
		t.Errorf("factors %v, sizes %v, generated %+v", got.Factors, got.Bytes, got.Generated)
	}
	for _, want := range []string{"| accuracy of the classifier, animal | >= 97 % |", "fitted with land=sand:zebra:0.95", "12 generated pictures (2 steps, guidance 2)"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("no %q in\n%s", want, told.String())
		}
	}
	if info, err := os.Stat(filepath.Join(out, "samples.png")); err != nil || info.Size() == 0 {
		t.Errorf("samples: %v", err)
	}
	for what, spoil := range map[string]func(r *trainReport){
		"bundle fashion":           func(r *trainReport) { r.bundle, r.dataset = "fashion", "" },
		"no bundle of trained":     func(r *trainReport) { r.bundle = "ldce-pets" },
		"--test is 7":              func(r *trainReport) { r.options.Test = 7 },
		"--generate is 1":          func(r *trainReport) { r.options.Generate = 1 },
		"--steps is 0":             func(r *trainReport) { r.sampling.given.Steps = 0 },
		"--guidance is 0":          func(r *trainReport) { r.sampling.given.GuidanceScale = 0 },
		`--scheduler is "unknown"`: func(r *trainReport) { r.sampling.scheduler = "unknown" },
	} {
		bad := r
		spoil(&bad)
		if err := bad.run(t.Context(), "", io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
