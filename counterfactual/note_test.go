package counterfactual

import (
	"strings"
	"testing"

	"otherwise/diffusion"
)

func TestNoteTellsOfTinyAutoencoders(t *testing.T) {
	of := func(a diffusion.Autoencoder) string {
		return Models{Diffusion: &diffusion.Model{Autoencoder: a}}.Note()
	}
	if note := of(diffusion.AutoencoderTiny{}); !strings.Contains(note, "tiny autoencoder") {
		t.Errorf("note %q", note)
	}
	if note := of(diffusion.AutoencoderKL{}); note != "" {
		t.Errorf("a model with its own autoencoder has the note %q", note)
	}
}
