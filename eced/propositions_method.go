package eced

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
)

// CheckMasking checks what ECED's stage C promises of a mask, on a scene with given noise: with Adam the foreground's latent
// never changes behind the mask (P10), the background of the final latent is the background's own, noised to the last level (P11),
// and with an empty or a full mask only one of the two counts (P12). iterations are made for P10; 0 makes 3.
func (m *Method) CheckMasking(ctx context.Context, s Scene, noise ChainNoise, iterations int) ([]Property, error) {
	if iterations == 0 {
		iterations = 3
	}
	mask, err := tensors.CopyFlatData[float32](s.LatentMask)
	if err != nil {
		return nil, err
	}
	first, moved, err := m.iterate(ctx, s, noise, iterations)
	if err != nil {
		return nil, err
	}
	begun, err := tensors.CopyFlatData[float32](s.Encoded)
	if err != nil {
		return nil, err
	}
	expected, err := m.noisedBackground(s, noise)
	if err != nil {
		return nil, err
	}
	channels := s.Encoded.Shape().Dimensions[3]
	behind, off := 0.0, 0.0
	for i := range begun {
		if mask[i/channels] == 0 {
			behind = max(behind, math.Abs(float64(moved[i]-begun[i])))
			off = max(off, math.Abs(float64(first.final[i]-expected[i])))
		}
	}
	p12, found, err := m.extremeMasks(ctx, s, noise)
	if err != nil {
		return nil, err
	}
	return []Property{
		{"P10", "Adam never changes the foreground's latent behind the mask", behind == 0, fmt.Sprintf("largest change %.2g in %d iterations", behind, iterations)},
		{"P11", "the final latent's background is the background's latent noised to the last level", off <= maskingTolerance, fmt.Sprintf("largest difference %.2g", off)},
		{"P12", "with an empty mask the gradient is 0 and the background alone decides; with a full one the foreground alone", p12, found},
	}, nil
}

// maskingTolerance is the rounding allowed between two ways to compute one latent or picture.
const maskingTolerance = 1e-5

// masked is what one iteration gave, read from the device.
type masked struct{ final, image, pruned []float32 }

// iterate makes iterations from the scene's latents; it returns the first and where the foreground came to.
func (m *Method) iterate(ctx context.Context, s Scene, noise ChainNoise, iterations int) (first masked, foreground []float32, err error) {
	a, err := m.NewAdversary(s)
	if err != nil {
		return first, nil, err
	}
	for k := range iterations {
		it, err := a.Step(ctx, noise)
		if err != nil {
			return first, nil, err
		}
		if k == 0 {
			for _, r := range []struct {
				into *[]float32
				from *tensors.Tensor
			}{{&first.final, it.Pass.Last()}, {&first.image, it.Image}, {&first.pruned, it.Pruned}} {
				if *r.into, err = tensors.CopyFlatData[float32](r.from); err != nil {
					return first, nil, err
				}
			}
		}
		it.Free()
	}
	foreground, err = tensors.CopyFlatData[float32](a.Foreground)
	return first, foreground, err
}

// noisedBackground is the background's latent at the level that the last step ends on, computed on the host.
func (m *Method) noisedBackground(s Scene, noise ChainNoise) ([]float32, error) {
	z, err := tensors.CopyFlatData[float32](s.Background)
	if err != nil {
		return nil, err
	}
	n, err := tensors.CopyFlatData[float32](noise.Background[len(noise.Background)-1])
	if err != nil {
		return nil, err
	}
	alpha := m.steps[0].AlphaPrev
	for i := range z {
		z[i] = float32(math.Sqrt(alpha)*float64(z[i]) + math.Sqrt(1-alpha)*float64(n[i]))
	}
	return z, nil
}

// extremeMasks is P12: the picture must not depend on what the mask hides.
func (m *Method) extremeMasks(ctx context.Context, s Scene, noise ChainNoise) (holds bool, found string, err error) {
	zero := tensors.FromShape(s.Encoded.Shape())
	with := func(mask float32, encoded, background *tensors.Tensor) (masked, error) {
		d := s.LatentMask.Shape().Dimensions
		values := make([]float32, s.LatentMask.Shape().Size())
		for i := range values {
			values[i] = mask
		}
		changed := s
		changed.LatentMask, changed.Encoded, changed.Background = tensors.FromFlatDataAndDimensions(values, d...), encoded, background
		out, _, err := m.iterate(ctx, changed, noise, 1)
		return out, err
	}
	empty, err := with(0, s.Encoded, s.Background)
	if err != nil {
		return false, "", err
	}
	emptyOther, err := with(0, zero, s.Background)
	if err != nil {
		return false, "", err
	}
	full, err := with(1, s.Encoded, s.Background)
	if err != nil {
		return false, "", err
	}
	fullOther, err := with(1, s.Encoded, zero)
	if err != nil {
		return false, "", err
	}
	gradient := 0.0
	for _, v := range empty.pruned {
		gradient = max(gradient, math.Abs(float64(v)))
	}
	e, f := largestDifference(empty.image, emptyOther.image), largestDifference(full.image, fullOther.image)
	return gradient == 0 && e <= maskingTolerance && f <= maskingTolerance,
		fmt.Sprintf("gradient %.2g with an empty mask; pictures differ by %.2g and %.2g when what is hidden changes", gradient, e, f), nil
}

func largestDifference(a, b []float32) float64 {
	worst := 0.0
	for i := range a {
		worst = max(worst, math.Abs(float64(a[i]-b[i])))
	}
	return worst
}
