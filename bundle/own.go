package bundle

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/nn"
)

// WithClassifier is the bundle with another classifier in the place of its own, such as one that package onnx has read; the bundle itself
// stays as it is. The diffusion model draws a class by its number, so that the classifier's classes must be the bundle's, in their
// order. A classifier that can't take pictures of the bundle's frame is an error too.
func (b *Bundle) WithClassifier(c *classify.Classifier) (*Bundle, error) {
	if err := b.sameClasses(c.Classes); err != nil {
		return nil, err
	}
	_, err := nn.Shapes(b.Models.Backend, func(s nn.Scope, args []*graph.Node) { c.Logits(s, args[0]) },
		shapes.Make(dtypes.Float32, 1, b.Frame.Height, b.Frame.Width, b.Frame.Channels))
	if err != nil {
		return nil, fmt.Errorf("the classifier can't take bundle %q's pictures of %dx%d pixels, %d channels: %w",
			b.Name, b.Frame.Width, b.Frame.Height, b.Frame.Channels, err)
	}
	own := *b
	own.Models.Classifier, own.Classifier, own.Bias = c, "", nil
	return &own, nil
}

// sameClasses says where classes differ from the bundle's.
func (b *Bundle) sameClasses(classes []string) error {
	const why = "its diffusion model knows a class by its number, so name the same ones in the same order"
	if len(classes) != len(b.Classes) {
		return fmt.Errorf("the classifier has %d classes, bundle %q has %d: %s", len(classes), b.Name, len(b.Classes), why)
	}
	for i, name := range classes {
		if name != b.Classes[i] {
			return fmt.Errorf("class %d is %q for the classifier and %q for bundle %q: %s", i, name, b.Classes[i], b.Name, why)
		}
	}
	return nil
}
