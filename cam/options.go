package cam

import (
	"fmt"
	"slices"

	"otherwise/classify"
)

// Method is a way to weigh a layer's channels.
type Method string

// The methods.
const (
	// ScoreCAM weighs a channel by the class's score when the channel masks the network's input.
	ScoreCAM Method = "score-cam"
	// GradCAM weighs a channel by the mean gradient of the class's logit.
	GradCAM Method = "grad-cam"
	// GradCAMPlusPlus weighs a channel by its positive gradients, more where few positions have them.
	GradCAMPlusPlus Method = "grad-cam++"
)

// Convention is a published variant of ScoreCAM.
type Convention string

// The conventions. They differ in how masks are up-sampled and scaled, in the score, and in the order of the last steps.
const (
	// Author is the code of ScoreCAM's authors, with which ECED's layer names come: weights are the class's
	// probabilities under half-pixel masks; channels that are constant are left out.
	Author Convention = "author"
	// Paper is ScoreCAM's algorithm 1: weights are the softmax over channels of the class's logit.
	Paper Convention = "paper"
	// Library is the Python package grad-cam: as Paper, with masks up-sampled to aligned corners and the map scaled
	// to [0, 1] before it is up-sampled. It is also how GradCAM and GradCAM++ end.
	Library Convention = "library"
)

// defaultBatchSize keeps activations of a VGG-16 at 224x224 below a few gigabytes.
const defaultBatchSize = 64

// Options say how maps are made. The zero value is ECED's: ScoreCAM as its authors' code has it, on the layer that the
// classifier names for the purpose.
type Options struct {
	// Method is score-cam (default), grad-cam or grad-cam++.
	Method Method `json:"method"`
	// Convention is author (default), paper or library for ScoreCAM; GradCAM and GradCAM++ have library only.
	Convention Convention `json:"convention"`
	// Layer is the layer whose channels are weighed; the classifier's CAMLayer.
	Layer string `json:"layer"`
	// BatchSize is how many masked inputs ScoreCAM classifies at once; 64. It changes memory and time, not the map.
	BatchSize int `json:"batch_size"`
}

// withDefaults returns the options with every default filled in, or what is wrong with them.
func (o Options) withDefaults(c *classify.Classifier) (Options, error) {
	if o.Method == "" {
		o.Method = ScoreCAM
	}
	if o.Convention == "" {
		o.Convention = Author
		if o.Method != ScoreCAM {
			o.Convention = Library
		}
	}
	if o.Layer == "" {
		o.Layer = c.CAMLayer
	}
	if o.BatchSize == 0 {
		o.BatchSize = defaultBatchSize
	}
	methods := []Method{ScoreCAM, GradCAM, GradCAMPlusPlus}
	conventions := []Convention{Author, Paper, Library}
	switch layers := c.Network.Layers(); {
	case !slices.Contains(methods, o.Method):
		return o, fmt.Errorf("cam: unknown method %q; legal are %q", o.Method, methods)
	case !slices.Contains(conventions, o.Convention):
		return o, fmt.Errorf("cam: unknown convention %q; legal are %q", o.Convention, conventions)
	case o.Method != ScoreCAM && o.Convention != Library:
		return o, fmt.Errorf("cam: %s has no convention %q; legal is %q", o.Method, o.Convention, Library)
	case !slices.Contains(layers, o.Layer):
		return o, fmt.Errorf("cam: the classifier has no layer %q; legal are %q", o.Layer, layers)
	case o.BatchSize < 1:
		return o, fmt.Errorf("cam: batch_size is %d; it must be positive", o.BatchSize)
	}
	return o, nil
}
