package counterfactual

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"

	"otherwise/classify"
	"otherwise/diffusion"
)

// Picture is a picture as models take it: values [height, width, channels] in [0, 1], row-major.
type Picture struct {
	Height, Width, Channels int
	Values                  []float32
}

// Validate reports a picture whose values don't fit its size or its range.
func (p Picture) Validate() error {
	if p.Height < 1 || p.Width < 1 || p.Channels < 1 || len(p.Values) != p.Height*p.Width*p.Channels {
		return fmt.Errorf("picture: %d values for %dx%d pixels of %d channels", len(p.Values), p.Width, p.Height, p.Channels)
	}
	for i, v := range p.Values {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("picture: value %d is %g; legal is 0 to 1", i, v)
		}
	}
	return nil
}

// Models are what a method works with: a backend, the classifier to explain and the diffusion model.
type Models struct {
	Backend    compute.Backend
	Classifier *classify.Classifier
	Diffusion  *diffusion.Model
}

// Note is what must be known before a result of these models is read; mostly empty.
func (m Models) Note() string {
	if m.Diffusion.Autoencoder.Approximate() {
		return "Pictures are decoded by a tiny autoencoder, which only resembles the model's own."
	}
	return ""
}

// Problem asks for a picture like Picture that the classifier gives the class Target.
type Problem struct {
	Picture Picture
	Target  int
	// Seed decides all randomness of this problem: the same seed gives the same result on the same backend, whatever
	// else is computed beside it.
	Seed uint64
}

// Validate checks a problem against the models: the picture's size, the target's range.
func (m Models) Validate(p Problem) error {
	if err := p.Picture.Validate(); err != nil {
		return err
	}
	if p.Target < 0 || p.Target >= len(m.Classifier.Classes) {
		return fmt.Errorf("target class %d is not one of the classifier's 0..%d", p.Target, len(m.Classifier.Classes)-1)
	}
	if f := m.Diffusion.Autoencoder.Factor(); p.Picture.Height%f != 0 || p.Picture.Width%f != 0 {
		return fmt.Errorf("picture of %dx%d pixels: both sides must be multiples of %d, the autoencoder's factor",
			p.Picture.Width, p.Picture.Height, f)
	}
	return nil
}

// SameClassError says that a picture already has the class that is asked for.
type SameClassError struct {
	Class       string
	Probability float64
}

func (e *SameClassError) Error() string {
	return fmt.Sprintf("the classifier already says %q (probability %.3f): there is nothing to change; "+
		"choose another target class", e.Class, e.Probability)
}

// CheckTarget returns a [SameClassError] where the target is the predicted class.
func (m Models) CheckTarget(probabilities []float64, target int) error {
	if predicted := ArgMax(probabilities); predicted == target {
		return &SameClassError{Class: m.Classifier.Classes[target], Probability: probabilities[target]}
	}
	return nil
}

// ArgMax returns the index of the largest value, the first of equals; NaN is never larger.
func ArgMax(values []float64) int {
	best, at := math.Inf(-1), 0
	for i, v := range values {
		if v > best {
			best, at = v, i
		}
	}
	return at
}

// RunnerUp returns the index of the second largest value, the usual target of an evaluation.
func RunnerUp(values []float64) int {
	first := ArgMax(values)
	best, at := math.Inf(-1), first
	for i, v := range values {
		if i != first && v > best {
			best, at = v, i
		}
	}
	return at
}
