package eced

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/nn"
)

// passNoise is the noise of iteration k for the pictures of runs: each from its own seed, or found by inversion.
func (m *Method) passNoise(ctx context.Context, scene Scene, runs []*run, k int) (ChainNoise, error) {
	if m.options.inverts() {
		return m.invertedNoise(ctx, scene)
	}
	return drawnNoise(runs, k)
}

// chainNoise draws the noise of iteration k.
func (r *run) chainNoise(k int) ChainNoise {
	noise := ChainNoise{Start: r.noise(fmt.Sprintf("start/%d", k))}
	for i, s := range r.Steps() {
		noise.Background = append(noise.Background, r.noise(fmt.Sprintf("blend/%d/%d", k, i)))
		step := diffusion.NoNoise()
		switch last := i == len(r.steps)-1; {
		case last && r.options.Sampler == samplerDDPM:
			step = tensors.FromShape(noise.Start.Shape())
		case s.Sigma > 0:
			step = r.noise(fmt.Sprintf("step/%d/%d", k, i))
		}
		noise.Step = append(noise.Step, step)
	}
	return noise
}

// drawnNoise is the noise of iteration k for the pictures of runs, each from its own seed.
func drawnNoise(runs []*run, k int) (ChainNoise, error) {
	var each []ChainNoise
	for _, r := range runs {
		each = append(each, r.chainNoise(k))
	}
	if len(each) == 1 {
		return each[0], nil
	}
	var all ChainNoise
	var err error
	stacked := func(of func(ChainNoise) *tensors.Tensor) (t *tensors.Tensor) {
		var rows []*tensors.Tensor
		for _, n := range each {
			rows = append(rows, of(n))
		}
		if err == nil {
			t, err = stack(rows...)
		}
		return t
	}
	all.Start = stacked(func(n ChainNoise) *tensors.Tensor { return n.Start })
	for i := range each[0].Step {
		all.Background = append(all.Background, stacked(func(n ChainNoise) *tensors.Tensor { return n.Background[i] }))
		all.Step = append(all.Step, stacked(func(n ChainNoise) *tensors.Tensor { return n.Step[i] }))
	}
	return all, err
}

// invertedNoise is the noise that a pass needs to come back to the scene it begins at: inversion tells the noisy latents behind
// each step, and they the noise between them and the clean one.
func (m *Method) invertedNoise(ctx context.Context, s Scene) (noise ChainNoise, err error) {
	defer func() {
		if err != nil {
			noise.free()
			noise = ChainNoise{}
		}
	}()
	batch := s.Encoded.Shape().Dimensions[0]
	nobody, err := m.models.Diffusion.Conditioner.Tokens(slices.Repeat([]int{diffusion.Unconditional}, batch))
	if err != nil {
		return noise, err
	}
	defer nn.Free(nobody)
	none := diffusion.NoNoise()
	defer nn.Free(none)
	clean, err := m.programs.start.Call1(nil, s.Encoded, s.Background, s.LatentMask, none, float32(1))
	if err != nil {
		return noise, err
	}
	defer nn.Free(clean)
	latents, err := m.inverter.Invert(ctx, clean, nobody, m.steps)
	if err != nil {
		return noise, err
	}
	defer func() { nn.Free(latents...) }()
	between := func(noisy *tensors.Tensor, alpha float64) (*tensors.Tensor, error) {
		return m.programs.noise.Call1(nil, noisy, clean, float32(alpha))
	}
	last := len(m.steps) - 1
	if noise.Start, err = between(latents[last], m.steps[last].Alpha); err != nil {
		return noise, err
	}
	for i := last; i >= 0; i-- {
		behind := clean
		if i > 0 {
			behind = latents[i-1]
		}
		background, err := between(behind, m.steps[i].AlphaPrev)
		if err != nil {
			return noise, err
		}
		noise.Background, noise.Step = append(noise.Background, background), append(noise.Step, diffusion.NoNoise())
	}
	return noise, nil
}

// lastLevel is the level at which stage C hands the background to the decoder. Inversion leaves no noise in it.
func (m *Method) lastLevel() float32 {
	if m.options.inverts() {
		return 1
	}
	return float32(m.steps[0].AlphaPrev)
}
