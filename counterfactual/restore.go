package counterfactual

import (
	"cmp"
	"slices"
)

// RestoreBlur is the blur of [Restoring] where none is given.
const RestoreBlur = 0.02

// Restoring is how much of a change puts the original back where there is less.
type Restoring struct {
	// Threshold is the change, a share of the range of values, from which on what was found stays whole; 0 restores nothing.
	Threshold float64
	// Blur is the standard deviation of the blur of the change, as a share of the picture's longer side; [RestoreBlur]. Less of it lets thin
	// things stay that change much, such as a mouth, and puts back more of what changes little around them.
	Blur float64
}

// restoreHalvings is how often a threshold is halved that would undo a flip.
const restoreHalvings = 4

// Restored is [Restore] of what was found for each result, and the classifier's probabilities. No flip is undone: where the classifier
// gives what was found the result's target, but not what was restored of it, the threshold is halved, and in the end nothing is
// restored. results must have their original, reconstruction and target.
func (p *Predictor) Restored(results []*Result, found []Picture, o Restoring) (restored []Picture, after [][]float64, err error) {
	if o.Threshold == 0 {
		after, err = p.Probabilities(found...)
		return found, after, err
	}
	restored = make([]Picture, len(found))
	settled := make([]bool, len(found))
	var plain [][]float64 // of what was found, asked for where a target is missed
	for range restoreHalvings + 1 {
		for i, r := range results {
			if !settled[i] {
				restored[i] = Restore(r.Original, r.Reconstruction, found[i], o)
			}
		}
		o.Threshold /= 2
		if after, err = p.Probabilities(restored...); err != nil {
			return nil, nil, err
		}
		for i, r := range results {
			if settled[i] = ArgMax(after[i]) == r.Target; settled[i] {
				continue
			}
			if plain == nil {
				if plain, err = p.Probabilities(found...); err != nil {
					return nil, nil, err
				}
			}
			settled[i] = ArgMax(plain[i]) != r.Target // there was no flip to undo
		}
		if !slices.Contains(settled, false) {
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
// found picture's where the change, blurred, is the threshold or more, the original's where nothing changed, and between them
// a mixture of both. (Ours: the papers show what the decoder gives.)
func Restore(original, reconstruction, found Picture, o Restoring) Picture {
	change := Picture{Height: found.Height, Width: found.Width, Channels: 1, Values: make([]float32, found.Height*found.Width)}
	for i, v := range found.Values {
		d := v - reconstruction.Values[i]
		change.Values[i/found.Channels] = max(change.Values[i/found.Channels], d, -d)
	}
	change = Blur(change, cmp.Or(o.Blur, RestoreBlur)*float64(max(found.Height, found.Width)))
	out := found
	out.Values = make([]float32, len(found.Values))
	for i, v := range found.Values {
		u := min(1, float64(change.Values[i/found.Channels])/o.Threshold)
		w := float32(u * u * (3 - 2*u))
		out.Values[i] = w*v + (1-w)*original.Values[i]
	}
	return out
}
