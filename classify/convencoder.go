package classify

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// ConvEncoder gives features to compare small pictures by: the blocks of a [ConvNet], whose average is brought to mean 0 and
// deviation 1 in each channel by statistics that were measured when the network was fitted. While it is fitted, without
// labels, an expander of two layers makes of the features what the loss compares; see [ConvEncoder.Expand].
type ConvEncoder struct {
	PatchSize int     `json:"patch_size"`
	Widths    []int   `json:"widths"` // the last is the width of the features
	Groups    int     `json:"groups"`
	Expanded  int     `json:"expanded"` // width of the expander's layers
	Mean      float64 `json:"mean"`     // of the training pictures, subtracted
	Std       float64 `json:"std"`      // of the training pictures, divided by
}

var _ Encoder = ConvEncoder{}

// trunk has the blocks, and a head that is never built.
func (e ConvEncoder) trunk() ConvNet {
	return ConvNet{PatchSize: e.PatchSize, Widths: e.Widths, Groups: e.Groups, Classes: 2, Mean: e.Mean, Std: e.Std}
}

// Validate reports a configuration that no network can be built from.
func (e ConvEncoder) Validate() error {
	if e.Expanded < 1 {
		return fmt.Errorf("convencoder: expanded is %d; legal is 1 or more", e.Expanded)
	}
	return e.trunk().Validate()
}

// Width is that of the features.
func (e ConvEncoder) Width() int { return e.Widths[len(e.Widths)-1] }

// Preprocess subtracts the mean and divides by the standard deviation.
func (e ConvEncoder) Preprocess(x01 *Node) *Node { return e.trunk().Preprocess(x01) }

// Layers names the blocks, whose activations [ConvEncoder.Features] shows.
func (e ConvEncoder) Layers() []string { return e.trunk().Layers() }

// Features maps normalised pictures [batch, height, width, channels] to features [batch, width] as they are, none negative.
func (e ConvEncoder) Features(s nn.Scope, x *Node, tap Tap) *Node {
	return e.trunk().features(s, x, tap)
}

// Statistics is the scope of the features' mean and variance ("running_mean", "running_var"), which training measures at
// its end.
const Statistics = "statistics"

// Embed maps normalised pictures to features [batch, width] of mean 0 and variance 1.
func (e ConvEncoder) Embed(s nn.Scope, x *Node) *Node {
	return nn.BatchNormPlain(s.Sub(Statistics), e.Features(s, x, nil), batchNormEpsilon)
}

// Expander is the scope of the parameters that only training needs.
const Expander = "expander"

// Expand maps features as they are to what the loss of training compares, [batch, expanded].
func (e ConvEncoder) Expand(s nn.Scope, features *Node) *Node {
	s = s.Sub(Expander)
	h := nn.ReLU(nn.LayerNorm(s.Sub("norm"), nn.Linear(s.Sub("linear1"), features, e.Expanded), 1e-5))
	return nn.Linear(s.Sub("linear2"), h, e.Expanded)
}
