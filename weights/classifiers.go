package weights

import (
	"fmt"

	"otherwise/datasets"
)

// Classifier describes a classifier of a bundle beside its first, which is the network "classifier" and tells the bundle's
// classes.
type Classifier struct {
	Name    string   `json:"name"`           // what users call it, such as "biased"
	Network string   `json:"network"`        // its name among the bundle's networks
	Task    string   `json:"task,omitempty"` // what its classes are about
	Classes []string `json:"classes"`        // in the order of its outputs
	// Prompt is how a text-conditional denoiser is asked for its classes; empty is the denoiser's own.
	Prompt string `json:"prompt,omitempty"`
	// Bias is what was planted in its training pictures, so that it errs for a known reason.
	Bias []datasets.Bias `json:"bias,omitempty"`
}

// All lists all classifiers of the bundle: the first, whose name is empty, then the others.
func (b *Bundle) All() []Classifier {
	return append([]Classifier{{Network: FirstClassifier, Task: b.Task, Classes: b.Classes}}, b.Classifiers...)
}

// FirstClassifier is the network of a bundle's first classifier.
const FirstClassifier = "classifier"

// checkClassifiers checks the further classifiers.
func (b *Bundle) checkClassifiers() error {
	seen := map[string]bool{}
	for _, c := range b.Classifiers {
		switch _, has := b.Networks[c.Network]; {
		case !networkName.MatchString(c.Name):
			return fmt.Errorf("classifier name %q: legal are lower-case letters, digits, '_' and '-'", c.Name)
		case seen[c.Name]:
			return fmt.Errorf("two classifiers are named %q", c.Name)
		case !has:
			return fmt.Errorf("classifier %q is the network %q; there are %q", c.Name, c.Network, b.networkNames())
		}
		if err := checkClasses(c.Classes); err != nil {
			return fmt.Errorf("classifier %q: %w", c.Name, err)
		}
		seen[c.Name] = true
	}
	return nil
}
