package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTrainLeakRefuses(t *testing.T) {
	for what, l := range map[string]leakage{
		"no bundle of trained": {from: "ldce-pets", dataset: "savanna"},
		"--data is":            {from: "savanna", dataset: "savanna", data: "somewhere"},
		"nowhere":              {from: "savanna", pictures: filepath.Join(t.TempDir(), "nowhere")},
	} {
		l.out = t.TempDir()
		if err := l.run(t.Context(), t.Output()); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
