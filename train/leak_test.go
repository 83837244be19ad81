package train_test

import (
	"path/filepath"
	"strings"
	"testing"

	"otherwise/bundle"
	"otherwise/datasets"
	"otherwise/datasets/savanna"
	"otherwise/internal/golden"
	"otherwise/internal/toyworld"
	"otherwise/train"
)

// A bundle gets a leak, of fewer cells where there are few pictures; fine-tuning on other pictures takes it away.
func TestAddLeak(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "leaky")
	toyworld.Bundle(t, golden.Backend(t), "savanna", dir)
	b, err := bundle.Open(golden.Backend(t), dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := bundle.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	set, err := savanna.New(datasets.Train, 1, savanna.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := train.AddLeak(t.Context(), b, train.Draw(set, b.Frame, 70), files, out, "a test"); err != nil {
		t.Fatal(err)
	}
	leaky, err := bundle.Open(golden.Backend(t), out)
	if err != nil {
		t.Fatal(err)
	}
	m := leaky.Models.Diffusion
	if m.Leak == nil || m.Leak.Side != 2 || m.LeakParams.Get("mean").Size() != m.Leak.Values() || leaky.Provenance[bundle.NetLeak] != "a test" {
		t.Fatalf("leak %+v, provenance %q", m.Leak, leaky.Provenance)
	}
	if leaky.Hash == b.Hash {
		t.Error("the bundle has the hash that it had without")
	}

	if files, err = bundle.Files(out); err != nil {
		t.Fatal(err)
	}
	tuned := filepath.Join(t.TempDir(), "tuned")
	if err := (&train.FineTuned{UNet: m.DenoiserParams}).WriteBundle(tuned, files); err != nil {
		t.Fatal(err)
	}
	other, err := bundle.Open(golden.Backend(t), tuned)
	if err != nil {
		t.Fatal(err)
	}
	if _, told := other.Provenance[bundle.NetLeak]; other.Models.Diffusion.Leak != nil || told {
		t.Error("a fine-tuned bundle has the leak of other pictures")
	}

	if _, err := train.AddLeak(t.Context(), b, train.Draw(set, b.Frame, 5), files, out, ""); err == nil || !strings.Contains(err.Error(), "8 pictures or more, here are 5") {
		t.Errorf("5 pictures: %v", err)
	}
}
