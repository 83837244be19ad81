package viz

import (
	"errors"
	"fmt"

	"otherwise/counterfactual"
)

// check reports a result that cannot be shown: missing, without names of its classes, with parts whose sizes don't fit each other
// or the classes.
func check(r *counterfactual.Result) error {
	if r == nil {
		return errors.New("there is no result")
	}
	classes := r.Classes
	if len(classes) == 0 {
		return errors.New("the result has no names of classes: set its field Classes")
	}
	for _, p := range []struct {
		name     string
		picture  counterfactual.Picture
		optional bool
	}{{"original", r.Original, false}, {"counterfactual", r.Counterfactual, false}, {"reconstruction", r.Reconstruction, true}} {
		if p.optional && len(p.picture.Values) == 0 {
			continue
		}
		if err := p.picture.Validate(); err != nil {
			return fmt.Errorf("the %s: %w", p.name, err)
		}
	}
	if r.Pasted != nil {
		if err := r.Pasted.Picture.Validate(); err != nil {
			return fmt.Errorf("the pasted picture: %w", err)
		}
		if len(r.Pasted.After) != len(classes) {
			return fmt.Errorf("%d probabilities of the pasted picture for %d classes", len(r.Pasted.After), len(classes))
		}
	}
	if r.Truth != nil {
		if err := r.Truth.Validate(); err != nil {
			return fmt.Errorf("the true counterfactual: %w", err)
		}
		if a, b := r.Original, *r.Truth; a.Width != b.Width || a.Height != b.Height || a.Channels != b.Channels {
			return fmt.Errorf("the original is %dx%dx%d, the true counterfactual %dx%dx%d; they need one size",
				a.Height, a.Width, a.Channels, b.Height, b.Width, b.Channels)
		}
	}
	if a, b := r.Original, r.Counterfactual; a.Width != b.Width || a.Height != b.Height || a.Channels != b.Channels {
		return fmt.Errorf("the original is %dx%dx%d, the counterfactual %dx%dx%d; they need one size",
			a.Height, a.Width, a.Channels, b.Height, b.Width, b.Channels)
	}
	for _, p := range []struct {
		name   string
		values []float64
	}{{"before", r.Before}, {"after", r.After}} {
		if len(p.values) != len(classes) {
			return fmt.Errorf("%d probabilities %s for %d classes", len(p.values), p.name, len(classes))
		}
		for i, v := range p.values {
			if !(v >= 0 && v <= 1.001) { // a sum of float32 exponentials may pass 1
				return fmt.Errorf("the probability of %q %s is %g; legal is 0 to 1", classes[i], p.name, v)
			}
		}
	}
	for name, class := range map[string]int{"predicted": r.Predicted, "target": r.Target} {
		if class < 0 || class >= len(classes) {
			return fmt.Errorf("the %s class %d is not one of 0..%d", name, class, len(classes)-1)
		}
	}
	for name, g := range map[string]*counterfactual.Grid{
		"activation map": r.ActivationMap, "mask": r.Mask, "latent mask": r.LatentMask, "consensus map": r.Consensus} {
		if g != nil && !plane(g) {
			return fmt.Errorf("the %s has %d values for %dx%d cells of %d channels; it needs one channel",
				name, len(g.Values), g.Width, g.Height, max(1, g.Channels))
		}
	}
	return nil
}
