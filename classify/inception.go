package classify

import (
	"fmt"
	"image"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// InceptionV3 is the network that the Fréchet inception distance (FID) is defined by, with the parameter names of pytorch-fid's
// weights (pt_inception-2015-12-05-6726825d.pth), which are TensorFlow's of 2015. Pictures of any size are resized to 299x299
// without antialiasing. As an [Encoder] it gives the 2048 features of the FID; its layers block64, block192, block768 and
// block2048 are the tap points, the others Mixed_5b to Mixed_7c.
type InceptionV3 struct {
	Classes       int           `json:"classes"`
	Preprocessing Preprocessing `json:"preprocess"`
}

// inceptionEpsilon is that of TensorFlow's batch normalisation.
const inceptionEpsilon = 1e-3

func inceptionFID() *InceptionV3 {
	return &InceptionV3{Classes: 1008, Preprocessing: Preprocessing{Resize: 299, Square: true, NoAntialias: true, Mean: []float64{0.5, 0.5, 0.5}, Std: []float64{0.5, 0.5, 0.5}}}
}

// Validate reports a configuration that no network can be built from.
func (v *InceptionV3) Validate() error {
	if v.Classes < 1 {
		return fmt.Errorf("inception: classes %d must be positive", v.Classes)
	}
	return v.Preprocessing.Validate()
}

// Published is the identity.
func (v *InceptionV3) Published(name string) (string, bool) { return unwrapped(name) }

// InputSize is 299, or what the pre-processing ends with.
func (v *InceptionV3) InputSize() int { return sizeOr(v.Preprocessing, 299) }

// Build builds every layer.
func (v *InceptionV3) Build(s nn.Scope, x *Node) { v.Forward(s, x, nil) }

// Preprocess turns pictures in [0, 1] into the network's input.
func (v *InceptionV3) Preprocess(x01 *Node) *Node { return v.Preprocessing.Preprocess(x01) }

// Pixels resizes and crops a picture as Preprocess would, with Pillow's arithmetic.
func (v *InceptionV3) Pixels(img image.Image) ([]float32, image.Point, error) {
	return v.Preprocessing.Pixels(img)
}

// Layers lists the layers from input to output.
func (v *InceptionV3) Layers() []string {
	return []string{"block64", "block192", "Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e",
		"block768", "Mixed_7a", "Mixed_7b", "Mixed_7c", "block2048"}
}

// Forward maps normalised pictures [batch, height, width, 3] to logits [batch, classes].
func (v *InceptionV3) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	return nn.Linear(s.Sub("fc"), v.features(s, x, tap), v.Classes)
}

// Embed gives the features [batch, 2048] of the last block.
func (v *InceptionV3) Embed(s nn.Scope, x *Node) *Node { return v.features(s, x, nil) }

func (v *InceptionV3) features(s nn.Scope, x *Node, tap Tap) *Node {
	x = inceptionConv(s.Sub("Conv2d_1a_3x3"), x, 32, nn.SquareConv(3, 2, 0))
	x = inceptionConv(s.Sub("Conv2d_2a_3x3"), x, 32, nn.SquareConv(3, 1, 0))
	x = inceptionConv(s.Sub("Conv2d_2b_3x3"), x, 64, nn.SquareConv(3, 1, 1))
	x = tap.show("block64", nn.MaxPool2D(x, nn.SquarePool(3, 2, 0)))
	x = inceptionConv(s.Sub("Conv2d_3b_1x1"), x, 80, nn.SquareConv(1, 1, 0))
	x = inceptionConv(s.Sub("Conv2d_4a_3x3"), x, 192, nn.SquareConv(3, 1, 0))
	x = tap.show("block192", nn.MaxPool2D(x, nn.SquarePool(3, 2, 0)))

	x = tap.show("Mixed_5b", inceptionA(s.Sub("Mixed_5b"), x, 32))
	x = tap.show("Mixed_5c", inceptionA(s.Sub("Mixed_5c"), x, 64))
	x = tap.show("Mixed_5d", inceptionA(s.Sub("Mixed_5d"), x, 64))
	x = tap.show("Mixed_6a", inceptionB(s.Sub("Mixed_6a"), x))
	x = tap.show("Mixed_6b", inceptionC(s.Sub("Mixed_6b"), x, 128))
	x = tap.show("Mixed_6c", inceptionC(s.Sub("Mixed_6c"), x, 160))
	x = tap.show("Mixed_6d", inceptionC(s.Sub("Mixed_6d"), x, 160))
	x = tap.show("Mixed_6e", inceptionC(s.Sub("Mixed_6e"), x, 192))
	x = tap.show("block768", x)
	x = tap.show("Mixed_7a", inceptionD(s.Sub("Mixed_7a"), x))
	x = tap.show("Mixed_7b", inceptionE(s.Sub("Mixed_7b"), x, nn.AvgPool2D))
	x = tap.show("Mixed_7c", inceptionE(s.Sub("Mixed_7c"), x, nn.MaxPool2D)) // a slip in the weights' network, kept by all
	x = tap.show("block2048", ReduceAndKeep(x, ReduceMean, 1, 2))
	return Reshape(x, x.Shape().Dimensions[0], -1)
}

func inceptionConv(s nn.Scope, x *Node, out int, o nn.ConvOptions) *Node {
	return nn.ReLU(nn.BatchNorm(s.Sub("bn"), nn.Conv(s.Sub("conv"), x, out, o), inceptionEpsilon))
}

// same is a convolution of stride 1 that keeps the size.
func same(s nn.Scope, x *Node, out, height, width int) *Node {
	return inceptionConv(s, x, out, nn.ConvOptions{Kernel: [2]int{height, width},
		Padding: [2][2]int{{height / 2, height / 2}, {width / 2, width / 2}}})
}

// halving is a 3x3 convolution of stride 2 without padding.
func halving(s nn.Scope, x *Node, out int) *Node {
	return inceptionConv(s, x, out, nn.SquareConv(3, 2, 0))
}

func channels(parts ...*Node) *Node { return Concatenate(parts, 3) }

func inceptionA(s nn.Scope, x *Node, pooled int) *Node {
	five := same(s.Sub("branch5x5_1"), x, 48, 1, 1)
	five = same(s.Sub("branch5x5_2"), five, 64, 5, 5)
	three := same(s.Sub("branch3x3dbl_1"), x, 64, 1, 1)
	three = same(s.Sub("branch3x3dbl_2"), three, 96, 3, 3)
	three = same(s.Sub("branch3x3dbl_3"), three, 96, 3, 3)
	pool := nn.AvgPool2D(x, nn.SquarePool(3, 1, 1))
	return channels(same(s.Sub("branch1x1"), x, 64, 1, 1), five, three, same(s.Sub("branch_pool"), pool, pooled, 1, 1))
}

func inceptionB(s nn.Scope, x *Node) *Node {
	three := same(s.Sub("branch3x3dbl_1"), x, 64, 1, 1)
	three = same(s.Sub("branch3x3dbl_2"), three, 96, 3, 3)
	three = halving(s.Sub("branch3x3dbl_3"), three, 96)
	return channels(halving(s.Sub("branch3x3"), x, 384), three, nn.MaxPool2D(x, nn.SquarePool(3, 2, 0)))
}

func inceptionC(s nn.Scope, x *Node, width int) *Node {
	seven := same(s.Sub("branch7x7_1"), x, width, 1, 1)
	seven = same(s.Sub("branch7x7_2"), seven, width, 1, 7)
	seven = same(s.Sub("branch7x7_3"), seven, 192, 7, 1)
	twice := same(s.Sub("branch7x7dbl_1"), x, width, 1, 1)
	twice = same(s.Sub("branch7x7dbl_2"), twice, width, 7, 1)
	twice = same(s.Sub("branch7x7dbl_3"), twice, width, 1, 7)
	twice = same(s.Sub("branch7x7dbl_4"), twice, width, 7, 1)
	twice = same(s.Sub("branch7x7dbl_5"), twice, 192, 1, 7)
	pool := nn.AvgPool2D(x, nn.SquarePool(3, 1, 1))
	return channels(same(s.Sub("branch1x1"), x, 192, 1, 1), seven, twice, same(s.Sub("branch_pool"), pool, 192, 1, 1))
}

func inceptionD(s nn.Scope, x *Node) *Node {
	three := same(s.Sub("branch3x3_1"), x, 192, 1, 1)
	three = halving(s.Sub("branch3x3_2"), three, 320)
	seven := same(s.Sub("branch7x7x3_1"), x, 192, 1, 1)
	seven = same(s.Sub("branch7x7x3_2"), seven, 192, 1, 7)
	seven = same(s.Sub("branch7x7x3_3"), seven, 192, 7, 1)
	seven = halving(s.Sub("branch7x7x3_4"), seven, 192)
	return channels(three, seven, nn.MaxPool2D(x, nn.SquarePool(3, 2, 0)))
}

func inceptionE(s nn.Scope, x *Node, pooling func(*Node, nn.PoolOptions) *Node) *Node {
	three := same(s.Sub("branch3x3_1"), x, 384, 1, 1)
	three = channels(same(s.Sub("branch3x3_2a"), three, 384, 1, 3), same(s.Sub("branch3x3_2b"), three, 384, 3, 1))
	twice := same(s.Sub("branch3x3dbl_1"), x, 448, 1, 1)
	twice = same(s.Sub("branch3x3dbl_2"), twice, 384, 3, 3)
	twice = channels(same(s.Sub("branch3x3dbl_3a"), twice, 384, 1, 3), same(s.Sub("branch3x3dbl_3b"), twice, 384, 3, 1))
	pool := pooling(x, nn.SquarePool(3, 1, 1))
	return channels(same(s.Sub("branch1x1"), x, 320, 1, 1), three, twice, same(s.Sub("branch_pool"), pool, 192, 1, 1))
}
