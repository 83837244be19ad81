package classify

import (
	"fmt"
	"image"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// DINO is the vision transformer of Caron et al., 2021, with the linear head that they evaluate it by. Backbone and head are
// published as two files, read together by [Load]: the head's parameters are linear.weight and linear.bias. As an [Encoder] it
// gives the class token. Activation maps need blocks_N_norm1: nothing but the class token of the last block reaches the head.
type DINO struct {
	VisionTransformer
	// LastBlocks is of how many of the last blocks the head sees the class token: 4 for the published ViT-S heads, 1 for LDCE's
	// head for Flowers102.
	LastBlocks int `json:"n_last_blocks"`
	// AveragePatches adds the last block's average patch token to them, as the published ViT-B heads have it.
	AveragePatches bool `json:"avgpool_patchtokens"`
	// Classes is the number of classes of the head; 0 for a backbone without one.
	Classes       int           `json:"classes"`
	Preprocessing Preprocessing `json:"preprocess"`
}

func dinoViTS8() *DINO {
	p := imageNet()
	p.Interpolation = nn.Bicubic
	return &DINO{VisionTransformer: VisionTransformer{Patch: 8, Dim: 384, Heads: 6, Depth: 12, Img: 224, MLP: 4}, LastBlocks: 4, Classes: 1000,
		Preprocessing: p}
}

// Validate reports a configuration that no network can be built from.
func (d *DINO) Validate() error {
	if err := d.validate(); err != nil {
		return err
	}
	if d.LastBlocks < 1 || d.LastBlocks > d.Depth || d.Classes < 0 {
		return fmt.Errorf("dino: n_last_blocks %d must be 1 to %d, classes %d not negative", d.LastBlocks, d.Depth, d.Classes)
	}
	return d.Preprocessing.Validate()
}

// Published leaves out the projection head of the full checkpoints.
func (d *DINO) Published(name string) (string, bool) {
	name, read := unwrapped(name)
	return name, read && !strings.HasPrefix(name, "head.") && (d.Classes > 0 || !strings.HasPrefix(name, "linear."))
}

// InputSize is the size that the position table was made for, or what the pre-processing ends with.
func (d *DINO) InputSize() int { return sizeOr(d.Preprocessing, d.Img) }

// Build builds every layer.
func (d *DINO) Build(s nn.Scope, x *Node) {
	if d.Classes > 0 {
		d.Forward(s, x, nil)
		return
	}
	d.Embed(s, x)
}

// Preprocess turns pictures in [0, 1] into the network's input.
func (d *DINO) Preprocess(x01 *Node) *Node { return d.Preprocessing.Preprocess(x01) }

// Pixels resizes and crops a picture as Preprocess would, with Pillow's arithmetic.
func (d *DINO) Pixels(img image.Image) ([]float32, image.Point, error) {
	return d.Preprocessing.Pixels(img)
}

// Layers lists blocks_0_norm1, blocks_0, blocks_1_norm1, ...
func (d *DINO) Layers() []string { return d.layers() }

// Forward maps normalised pictures [batch, height, width, 3], of whole patches, to the head's logits [batch, classes].
func (d *DINO) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	return nn.Linear(s.Sub("linear"), d.HeadInput(s, x, tap), d.Classes)
}

// HeadInput is what the head sees of normalised pictures: [batch, width], the class tokens of the last blocks, oldest first.
func (d *DINO) HeadInput(s nn.Scope, x *Node, tap Tap) *Node {
	after := d.run(s, x, tap)
	var features []*Node
	for _, tokens := range after[d.Depth-d.LastBlocks:] {
		features = append(features, d.classToken(s, tokens))
	}
	if d.AveragePatches {
		features = append(features, d.patchAverage(s, after[d.Depth-1]))
	}
	return Concatenate(features, 1)
}

// Embed gives the class token [batch, dim] of the last block.
func (d *DINO) Embed(s nn.Scope, x *Node) *Node {
	return d.classToken(s, d.run(s, x, nil)[d.Depth-1])
}
