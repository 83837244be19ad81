package diffusion_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
)

// TestSamplesDependOnTheirOwnSeedOnly draws pictures alone and in a batch, with a scheduler that adds noise and with one
// that remembers estimates.
func TestSamplesDependOnTheirOwnSeedOnly(t *testing.T) {
	sampler := toySampler(t)
	for name, scheduler := range map[string]diffusion.Scheduler{"ddpm": diffusion.DDPM{}, "plms": diffusion.PLMS{}} {
		draw := func(classes []int, seed uint64) []float32 {
			out, err := sampler.Sample(t.Context(), classes,
				diffusion.SampleOptions{Height: 16, Width: 16, Steps: 5, Scheduler: scheduler, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			return tensors.MustCopyFlatData[float32](out)
		}
		batch, alone := draw([]int{1, 2, 1}, 3), draw([]int{1}, 3)
		golden.Near(t, name+", alone and in a batch", batch[:len(alone)], alone, 1e-4)
		for what, other := range map[string][]float32{"another seed": draw([]int{1}, 4), "another place": batch[2*len(alone):]} {
			if golden.Compare(other, alone, golden.Absolute(1e-3)).Pass {
				t.Errorf("%s: %s gave the same picture", name, what)
			}
		}
		for _, v := range batch {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("%s: a pixel is %g", name, v)
			}
		}
	}
}

// Guidance of 1 skips the unconditional estimate and gives what is left of guidance close to 1.
func TestSamplesWithoutGuidance(t *testing.T) {
	sampler := toySampler(t)
	draw := func(scale float64) []float32 {
		out, err := sampler.Sample(t.Context(), []int{1, 2},
			diffusion.SampleOptions{Height: 16, Width: 16, Steps: 5, GuidanceScale: scale})
		if err != nil {
			t.Fatal(err)
		}
		return tensors.MustCopyFlatData[float32](out)
	}
	alone := draw(1)
	golden.Near(t, "guidance 1", alone, draw(1.00001), 1e-3)
	if golden.Compare(draw(4), alone, golden.Absolute(1e-3)).Pass {
		t.Error("guidance changes nothing")
	}
}

func TestSamplingStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := toySampler(t).Sample(ctx, []int{0}, diffusion.SampleOptions{Height: 16, Width: 16, Steps: 5})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func toySampler(t *testing.T) *diffusion.Sampler {
	t.Helper()
	return diffusion.NewSampler(golden.Backend(t), toyModel(t))
}

func toyModel(t *testing.T) *diffusion.Model {
	t.Helper()
	return toy.Models(t, "../testdata/golden", toy.Options{}).Diffusion
}
