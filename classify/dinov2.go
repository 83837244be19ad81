package classify

import (
	. "github.com/gomlx/gomlx/core/graph"
	"image"

	"otherwise/nn"
)

// DINOv2 is the image encoder of Oquab et al., 2023, in the layout of the files dinov2_vits14_pretrain.pth and its larger
// siblings without registers. It gives the class token.
type DINOv2 struct {
	VisionTransformer
	Preprocessing Preprocessing `json:"preprocess"`
}

func dinoV2ViTS14() *DINOv2 {
	p := imageNet()
	p.Interpolation = nn.Bicubic
	return &DINOv2{VisionTransformer{Patch: 14, Dim: 384, Heads: 6, Depth: 12, Img: 518, MLP: 4, LayerScale: true}, p}
}

// Validate reports a configuration that no network can be built from.
func (d *DINOv2) Validate() error {
	if err := d.validate(); err != nil {
		return err
	}
	return d.Preprocessing.Validate()
}

// Published leaves out the token that stands for masked patches in training.
func (d *DINOv2) Published(name string) (string, bool) {
	name, read := unwrapped(name)
	return name, read && name != "mask_token"
}

// InputSize is the size that the position table was made for, or what the pre-processing ends with.
func (d *DINOv2) InputSize() int { return sizeOr(d.Preprocessing, d.Img) }

// Build builds every layer.
func (d *DINOv2) Build(s nn.Scope, x *Node) { d.Embed(s, x) }

// Preprocess turns pictures in [0, 1] into the network's input.
func (d *DINOv2) Preprocess(x01 *Node) *Node { return d.Preprocessing.Preprocess(x01) }

// Pixels resizes and crops a picture as Preprocess would, with Pillow's arithmetic.
func (d *DINOv2) Pixels(img image.Image) ([]float32, image.Point, error) {
	return d.Preprocessing.Pixels(img)
}

// Embed maps normalised pictures [batch, height, width, 3], of whole patches, to the class token [batch, dim].
func (d *DINOv2) Embed(s nn.Scope, x *Node) *Node {
	return d.classToken(s, d.run(s, x, nil)[d.Depth-1])
}
