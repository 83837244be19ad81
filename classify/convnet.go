package classify

import (
	"fmt"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// ConvNet is a small convolutional classifier for small pictures: squares of PatchSize pixels are folded into channels,
// then one block a width, each of two 3x3 convolutions with group normalisation and ReLU, the second added to the
// first, and a 2x2 maximum before the next block; global average pooling and a linear head.
type ConvNet struct {
	PatchSize int     `json:"patch_size"`
	Widths    []int   `json:"widths"`
	Groups    int     `json:"groups"`
	Classes   int     `json:"classes"`
	Mean      float64 `json:"mean"` // of the training pictures, subtracted
	Std       float64 `json:"std"`  // of the training pictures, divided by
}

// Validate reports a configuration that no network can be built from.
func (c ConvNet) Validate() error {
	if c.PatchSize < 1 || c.Classes < 2 || len(c.Widths) == 0 || c.Groups < 1 || !(c.Std > 0) {
		return fmt.Errorf("convnet: patch_size, groups and std must be positive, widths not empty, classes at least 2")
	}
	for _, w := range c.Widths {
		if w < 1 || w%c.Groups != 0 {
			return fmt.Errorf("convnet: width %d is not a multiple of %d groups", w, c.Groups)
		}
	}
	return nil
}

// Preprocess subtracts the mean and divides by the standard deviation.
func (c ConvNet) Preprocess(x01 *Node) *Node { return DivScalar(AddScalar(x01, -c.Mean), c.Std) }

// Layers names the blocks: block1, block2, ...
func (c ConvNet) Layers() []string {
	names := make([]string, len(c.Widths))
	for i := range names {
		names[i] = "block" + strconv.Itoa(i+1)
	}
	return names
}

// CAMLayer is the block that activation maps read best: the last but one, whose map is less coarse than the last's. Our
// choice.
func (c ConvNet) CAMLayer() string { return c.Layers()[max(0, len(c.Widths)-2)] }

// Forward maps normalised pictures [batch, height, width, channels] to logits [batch, classes].
func (c ConvNet) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	return nn.Linear(s.Sub("head"), c.features(s, x, tap), c.Classes)
}

// Embed maps normalised pictures to what the head sees: the last block's channels, averaged over positions.
func (c ConvNet) Embed(s nn.Scope, x *Node) *Node { return c.features(s, x, nil) }

// features are what the head reads: the last block's activations averaged over positions, [batch, last width].
func (c ConvNet) features(s nn.Scope, x *Node, tap Tap) *Node {
	h := nn.SpaceToDepth(x, c.PatchSize)
	for i, name := range c.Layers() {
		b := s.Sub(name)
		h = nn.ReLU(nn.GroupNorm(b.Sub("norm1"), nn.Conv2D(b.Sub("conv1"), h, c.Widths[i], 3), c.Groups, 1e-5))
		h = Add(h, nn.GroupNorm(b.Sub("norm2"), nn.Conv2D(b.Sub("conv2"), h, c.Widths[i], 3), c.Groups, 1e-5))
		h = tap.show(name, nn.ReLU(h))
		if i < len(c.Widths)-1 {
			h = nn.MaxPool2x(h)
		}
	}
	return ReduceMean(h, 1, 2)
}
