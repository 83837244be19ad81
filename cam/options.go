package cam

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"otherwise/classify"
)

// Method is a way to tell which part of a picture speaks for a class.
type Method string

// The methods. The first seven weigh the activations of a layer, the last two attribute the class's logit to pixels.
const (
	// ScoreCAM weighs a channel by the class's score when the channel masks the network's input. Wang et al., 2020.
	ScoreCAM Method = "score-cam"
	// GradCAM weighs a channel by the mean gradient of the class's logit. Selvaraju et al., 2017.
	GradCAM Method = "grad-cam"
	// GradCAMPlusPlus weighs a channel by its positive gradients, more where few positions have them. Chattopadhay et al., 2018.
	GradCAMPlusPlus Method = "grad-cam++"
	// XGradCAM weighs a channel by its gradients, averaged by its own activations. Fu et al., 2020.
	XGradCAM Method = "xgrad-cam"
	// LayerCAM weighs each position of each channel by its positive gradient. Jiang et al., 2021.
	LayerCAM Method = "layer-cam"
	// EigenCAM is the first principal component of the activations, whatever the class. Muhammad and Yeasin, 2020.
	EigenCAM Method = "eigen-cam"
	// AblationCAM weighs a channel by how much the class's logit drops, relatively, without it. Desai and Ramaswamy, 2020.
	AblationCAM Method = "ablation-cam"
	// SmoothGrad averages the logit's gradients by noisy copies of the picture. Smilkov et al., 2017.
	SmoothGrad Method = "smooth-grad"
	// IntegratedGradients averages the logit's gradients on the way from a plain picture to this one. Sundararajan et al., 2017.
	IntegratedGradients Method = "integrated-gradients"
)

// Methods lists them all.
func Methods() []Method {
	return []Method{ScoreCAM, GradCAM, GradCAMPlusPlus, XGradCAM, LayerCAM, EigenCAM, AblationCAM, SmoothGrad, IntegratedGradients}
}

// Layered reports whether a method reads a layer's activations, rather than the picture's gradients.
func (m Method) Layered() bool { return m != SmoothGrad && m != IntegratedGradients }

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
	// to [0, 1] before it is up-sampled. It is also how all other methods end that read a layer.
	Library Convention = "library"
)

// Options say how maps are made. The zero value is ECED's: ScoreCAM as its authors' code has it, on the layer that the
// classifier names for the purpose.
type Options struct {
	// Method is one of [Methods]; score-cam.
	Method Method `json:"method"`
	// Convention is author (default), paper or library for ScoreCAM; the other methods have library only.
	Convention Convention `json:"convention"`
	// Layer is the layer that is read; the classifier's CAMLayer.
	Layer string `json:"layer"`
	// BatchSize is how many inputs are classified at once, by the methods that need many. It changes memory and time, not the
	// map. 0 chooses it by MemoryBudget.
	BatchSize int `json:"batch_size"`
	// MemoryBudget is how many bytes of activations a batch may take; 1 GiB. See [Mapper.Batch].
	MemoryBudget int64 `json:"memory_budget"`
	// Samples are SmoothGrad's noisy copies, 25, and the points of IntegratedGradients' way, 32.
	Samples int `json:"samples"`
	// NoiseLevel is SmoothGrad's standard deviation as a share of the picture's range of values; 0.15 (paper: 0.1 to 0.2).
	NoiseLevel float64 `json:"noise_level"`
	// Baseline is the grey value, 0 to 1, of the plain picture that IntegratedGradients begins at; 0, black (paper).
	Baseline float64 `json:"baseline"`
	// Seed decides SmoothGrad's noise.
	Seed uint64 `json:"seed"`
}

// withDefaults returns the options with every default filled in, or what is wrong with them.
func (o Options) withDefaults(c *classify.Classifier) (Options, error) {
	o.Method = cmp.Or(o.Method, ScoreCAM)
	if o.Method == ScoreCAM {
		o.Convention = cmp.Or(o.Convention, Author)
	}
	o.Convention = cmp.Or(o.Convention, Library)
	o.Layer = cmp.Or(o.Layer, c.CAMLayer)
	o.MemoryBudget = cmp.Or(o.MemoryBudget, 1<<30)
	if o.Samples == 0 {
		o.Samples = map[Method]int{SmoothGrad: 25}[o.Method]
		o.Samples = cmp.Or(o.Samples, 32)
	}
	o.NoiseLevel = cmp.Or(o.NoiseLevel, 0.15)
	conventions := []Convention{Author, Paper, Library}
	switch layers := c.Network.Layers(); {
	case !slices.Contains(Methods(), o.Method):
		return o, fmt.Errorf("cam: unknown method %q; legal are %q", o.Method, Methods())
	case !slices.Contains(conventions, o.Convention):
		return o, fmt.Errorf("cam: unknown convention %q; legal are %q", o.Convention, conventions)
	case o.Method != ScoreCAM && o.Convention != Library:
		return o, fmt.Errorf("cam: %s has no convention %q; legal is %q", o.Method, o.Convention, Library)
	case o.Method.Layered() && !slices.Contains(layers, o.Layer):
		return o, fmt.Errorf("cam: the classifier has no layer %q; legal are %q", o.Layer, layers)
	case o.BatchSize < 0 || o.MemoryBudget < 0 || o.Samples < 0:
		return o, fmt.Errorf("cam: batch_size is %d, memory_budget %d, samples %d; they must be positive, or 0 for the default",
			o.BatchSize, o.MemoryBudget, o.Samples)
	case !(o.NoiseLevel > 0) || math.IsInf(o.NoiseLevel, 1):
		return o, fmt.Errorf("cam: noise_level is %g; it must be positive", o.NoiseLevel)
	case !(o.Baseline >= 0 && o.Baseline <= 1):
		return o, fmt.Errorf("cam: baseline is %g; legal is 0 to 1", o.Baseline)
	}
	return o, nil
}
