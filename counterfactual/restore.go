package counterfactual

import "math"

// restoreBlur is the standard deviation of the blur of the change, as a share of the picture's longer side.
const restoreBlur = 0.02

// restoreHalvings is how often a threshold is halved that would undo a flip.
const restoreHalvings = 4

// Restored is [Restore] of what was found for each result, and the classifier's probabilities; threshold 0 restores nothing. No flip
// is undone: where the classifier gives what was found the result's target, but not what was restored of it, the threshold is
// halved, and in the end nothing is restored. results must have their original, reconstruction and target.
func (p *Predictor) Restored(results []*Result, found []Picture, threshold float64) (restored []Picture, after [][]float64, err error) {
	plain, err := p.Probabilities(found...)
	if err != nil || threshold == 0 {
		return found, plain, err
	}
	restored, after = make([]Picture, len(found)), make([][]float64, len(found))
	settled := make([]bool, len(found))
	for halved := range restoreHalvings + 1 {
		for i, r := range results {
			if !settled[i] {
				restored[i] = Restore(r.Original, r.Reconstruction, found[i], math.Ldexp(threshold, -halved))
			}
		}
		if after, err = p.Probabilities(restored...); err != nil {
			return nil, nil, err
		}
		all := true
		for i, r := range results {
			settled[i] = ArgMax(after[i]) == r.Target || ArgMax(plain[i]) != r.Target
			all = all && settled[i]
		}
		if all {
			return restored, after, nil
		}
	}
	for i := range found {
		if !settled[i] {
			restored[i], after[i] = found[i], plain[i]
		}
	}
	return restored, after, nil
}

// Restore puts the original back where a method changed nothing: there a decoded picture differs from the original by the
// autoencoder's error alone. found and reconstruction are decoded, of the same latent before and after. A pixel is the
// found picture's where the change, blurred, is threshold or more, the original's where nothing changed, and between them
// a mixture of both. (Ours: the papers show what the decoder gives.)
func Restore(original, reconstruction, found Picture, threshold float64) Picture {
	change := Picture{Height: found.Height, Width: found.Width, Channels: 1, Values: make([]float32, found.Height*found.Width)}
	for i, v := range found.Values {
		d := v - reconstruction.Values[i]
		change.Values[i/found.Channels] = max(change.Values[i/found.Channels], d, -d)
	}
	change = Blur(change, restoreBlur*float64(max(found.Height, found.Width)))
	out := found
	out.Values = make([]float32, len(found.Values))
	for i, v := range found.Values {
		u := min(1, float64(change.Values[i/found.Channels])/threshold)
		w := float32(u * u * (3 - 2*u))
		out.Values[i] = w*v + (1-w)*original.Values[i]
	}
	return out
}
