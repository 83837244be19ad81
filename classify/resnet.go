package classify

import (
	"fmt"
	"image"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// batchNormEpsilon is PyTorch's default.
const batchNormEpsilon = 1e-5

// ResNet is the classifier of He et al., 2016, with torchvision's parameter names, and what was made of it: the small one for
// CIFAR, and VGGFace2's. Its layers are relu (of the stem), maxpool, every block, every stage (layer4) and avgpool. Blocks
// are counted from 0, as in ScoreCAM's code, whose names ECED uses: layer4_bottleneck1 is the second of the fourth stage, and
// layer4_basicblock1 in networks of basic blocks.
type ResNet struct {
	// Block is "bottleneck" (1x1, 3x3, 1x1 to four times the planes; default) or "basic" (3x3, 3x3).
	Block string `json:"block"`
	// Inplanes is the width of the first convolution, Planes that of each stage's inner convolutions.
	Inplanes int   `json:"inplanes"`
	Planes   []int `json:"planes"`
	Blocks   []int `json:"layers"` // of each stage
	Classes  int   `json:"classes"`
	// Stem is "imagenet" (7x7 with stride 2, then a 3x3 maximum with stride 2; default) or "cifar" (3x3).
	Stem string `json:"stem"`
	// StrideFirst puts a bottleneck's stride into its first convolution, as Caffe's ResNet does, rather than the second.
	StrideFirst bool `json:"stride_first"`
	// CeilPool pools the stem without padding, the last window hanging over the edge, as Caffe does.
	CeilPool      bool          `json:"ceil_pool"`
	Preprocessing Preprocessing `json:"preprocess"`
}

// Names of blocks and stems.
const (
	bottleneck   = "bottleneck"
	basicBlock   = "basic"
	imageNetStem = "imagenet"
	cifarStem    = "cifar"
)

func resNet(block string, blocks ...int) *ResNet {
	return &ResNet{Block: block, Stem: imageNetStem, Inplanes: 64, Planes: []int{64, 128, 256, 512}, Blocks: blocks, Classes: 1000,
		Preprocessing: imageNet()}
}

// resNet20 is that of chenyaofo's pytorch-cifar-models (cifar10_resnet20-*.pt), the most used of the two layouts for CIFAR: the
// names are torchvision's, and shortcuts that widen have a 1x1 convolution.
func resNet20() *ResNet {
	return &ResNet{Block: basicBlock, Stem: cifarStem, Inplanes: 16, Planes: []int{16, 32, 64}, Blocks: []int{3, 3, 3}, Classes: 10,
		Preprocessing: Preprocessing{Resize: 32, Square: true, Mean: []float64{0.4914, 0.4822, 0.4465}, Std: []float64{0.2023, 0.1994, 0.2010}}}
}

// vggFace2 is ResNet-50 fine-tuned on VGGFace2, as cydonia999's VGGFace2-pytorch has it (resnet50_ft_weight.pkl), the file with
// which face verification accuracy (FVA) is measured. That file is a pickle of NumPy arrays; see docs/classifiers.md.
func vggFace2() *ResNet {
	r := resNet(bottleneck, 3, 4, 6, 3)
	r.Classes, r.StrideFirst, r.CeilPool = 8631, true, true
	r.Preprocessing = Preprocessing{Resize: 224, Crop: 224, Range: 255, BGR: true,
		Mean: []float64{91.4953, 103.8827, 131.0912}, Std: []float64{1, 1, 1}}
	return r
}

// Validate reports a configuration that no network can be built from.
func (r *ResNet) Validate() error {
	switch {
	case r.Block != bottleneck && r.Block != basicBlock && r.Block != "":
		return fmt.Errorf("resnet: unknown block %q; legal are %q and %q", r.Block, bottleneck, basicBlock)
	case r.Stem != imageNetStem && r.Stem != cifarStem && r.Stem != "":
		return fmt.Errorf("resnet: unknown stem %q; legal are %q and %q", r.Stem, imageNetStem, cifarStem)
	case len(r.Planes) != len(r.Blocks) || len(r.Planes) == 0:
		return fmt.Errorf("resnet: %d planes and %d layers; there must be one of each for every stage", len(r.Planes), len(r.Blocks))
	case r.Inplanes < 1 || r.Classes < 1:
		return fmt.Errorf("resnet: inplanes %d and classes %d must be positive", r.Inplanes, r.Classes)
	}
	for i := range r.Planes {
		if r.Planes[i] < 1 || r.Blocks[i] < 1 {
			return fmt.Errorf("resnet: stage %d has %d blocks of %d planes; both must be positive", i+1, r.Blocks[i], r.Planes[i])
		}
	}
	return r.Preprocessing.Validate()
}

// Published is the identity, but for the wrapper of chenyaofo's and others' files.
func (r *ResNet) Published(name string) (string, bool) { return unwrapped(name) }

// InputSize is 224 or 32, or what the pre-processing ends with.
func (r *ResNet) InputSize() int {
	if r.Stem == cifarStem {
		return sizeOr(r.Preprocessing, 32)
	}
	return sizeOr(r.Preprocessing, 224)
}

// Build builds every layer.
func (r *ResNet) Build(s nn.Scope, x *Node) { r.Forward(s, x, nil) }

// Preprocess turns pictures in [0, 1] into the network's input.
func (r *ResNet) Preprocess(x01 *Node) *Node { return r.Preprocessing.Preprocess(x01) }

// Pixels resizes and crops a picture as Preprocess would, with Pillow's arithmetic.
func (r *ResNet) Pixels(img image.Image) ([]float32, image.Point, error) {
	return r.Preprocessing.Pixels(img)
}

// Layers lists the layers from input to output.
func (r *ResNet) Layers() []string {
	names := []string{"relu"}
	if r.Stem != cifarStem {
		names = append(names, "maxpool")
	}
	for i, blocks := range r.Blocks {
		stage := "layer" + strconv.Itoa(i+1)
		names = append(names, numbered(stage+r.blockName(), 0, blocks-1)...)
		names = append(names, stage)
	}
	return append(names, "avgpool")
}

// blockName is between a stage's name and a block's number.
func (r *ResNet) blockName() string {
	if r.Block == basicBlock {
		return "_basicblock"
	}
	return "_bottleneck"
}

// Forward maps normalised pictures [batch, height, width, 3] to logits [batch, classes].
func (r *ResNet) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	return nn.Linear(s.Sub("fc"), r.features(s, x, tap), r.Classes)
}

// Embed gives the averaged features of the last stage.
func (r *ResNet) Embed(s nn.Scope, x *Node) *Node { return r.features(s, x, nil) }

// features are what the last layer classifies: [batch, channels].
func (r *ResNet) features(s nn.Scope, x *Node, tap Tap) *Node {
	x = r.stem(s, x, tap)
	for i, blocks := range r.Blocks {
		stage := "layer" + strconv.Itoa(i+1)
		for j := range blocks {
			stride := 1
			if j == 0 && i > 0 {
				stride = 2
			}
			x = r.block(s.Sub(stage+"."+strconv.Itoa(j)), x, r.Planes[i], stride)
			x = tap.show(stage+r.blockName()+strconv.Itoa(j), x)
		}
		x = tap.show(stage, x)
	}
	x = tap.show("avgpool", ReduceAndKeep(x, ReduceMean, 1, 2))
	return Reshape(x, x.Shape().Dimensions[0], -1)
}

func (r *ResNet) stem(s nn.Scope, x *Node, tap Tap) *Node {
	if r.Stem == cifarStem {
		return tap.show("relu", nn.ReLU(normalised(s, x, "1", r.Inplanes, nn.SquareConv(3, 1, 1))))
	}
	x = tap.show("relu", nn.ReLU(normalised(s, x, "1", r.Inplanes, nn.SquareConv(7, 2, 3))))
	pool := nn.SquarePool(3, 2, 1)
	if r.CeilPool {
		pool = nn.SquarePool(3, 2, 0)
		pool.Ceil = true
	}
	return tap.show("maxpool", nn.MaxPool2D(x, pool))
}

// block is a residual block.
func (r *ResNet) block(s nn.Scope, x *Node, planes, stride int) *Node {
	var y *Node
	out := planes
	if r.Block == basicBlock {
		y = nn.ReLU(normalised(s, x, "1", planes, nn.SquareConv(3, stride, 1)))
		y = normalised(s, y, "2", planes, nn.SquareConv(3, 1, 1))
	} else {
		out = 4 * planes
		first, second := 1, stride
		if r.StrideFirst {
			first, second = stride, 1
		}
		y = nn.ReLU(normalised(s, x, "1", planes, nn.SquareConv(1, first, 0)))
		y = nn.ReLU(normalised(s, y, "2", planes, nn.SquareConv(3, second, 1)))
		y = normalised(s, y, "3", out, nn.SquareConv(1, 1, 0))
	}
	if stride != 1 || x.Shape().Dimensions[3] != out {
		x = nn.Conv(s.Sub("downsample.0"), x, out, nn.SquareConv(1, stride, 0))
		x = nn.BatchNorm(s.Sub("downsample.1"), x, batchNormEpsilon)
	}
	return nn.ReLU(Add(x, y))
}

// normalised is the convolution conv<number> with its batch normalisation bn<number>.
func normalised(s nn.Scope, x *Node, number string, out int, o nn.ConvOptions) *Node {
	return nn.BatchNorm(s.Sub("bn"+number), nn.Conv(s.Sub("conv"+number), x, out, o), batchNormEpsilon)
}
