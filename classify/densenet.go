package classify

import (
	"fmt"
	"image"
	"regexp"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// DenseNet is the classifier of Huang et al., 2017, with torchvision's parameter names. Its layers are relu0, pool0, every
// dense layer's new channels (denseblock1_denselayer1), every block and transition (denseblock1, transition1), and features,
// which is before the last ReLU.
type DenseNet struct {
	GrowthRate  int   `json:"growth_rate"`
	BlockConfig []int `json:"block_config"` // dense layers of each block
	InitWidth   int   `json:"num_init_features"`
	Bottleneck  int   `json:"bn_size"` // inner width of a dense layer, as a multiple of the growth rate
	Classes     int   `json:"num_classes"`
	// Attribute makes a binary classifier of one of several logits, counted from 0: the network gives that one alone.
	Attribute     *int          `json:"attribute"`
	Preprocessing Preprocessing `json:"preprocess"`
}

func denseNet121() *DenseNet {
	return &DenseNet{GrowthRate: 32, BlockConfig: []int{6, 12, 24, 16}, InitWidth: 64, Bottleneck: 4, Classes: 1000, Preprocessing: imageNet()}
}

// celebAHQ is the attribute classifier of STEEX, which ACE and LDCE explain: one logit each for 0 male, 1 smiling, 2 young,
// of 256x256 pictures in [-1, 1]. The attribute is smiling unless the configuration says otherwise.
func celebAHQ() *DenseNet {
	d, smiling := denseNet121(), 1
	d.Classes, d.Attribute = 3, &smiling
	d.Preprocessing = Preprocessing{Resize: 256, Square: true, Mean: []float64{0.5, 0.5, 0.5}, Std: []float64{0.5, 0.5, 0.5}}
	return d
}

// Validate reports a configuration that no network can be built from.
func (d *DenseNet) Validate() error {
	if d.GrowthRate < 1 || d.InitWidth < 1 || d.Bottleneck < 1 || d.Classes < 1 || len(d.BlockConfig) == 0 {
		return fmt.Errorf("densenet: growth_rate, num_init_features, bn_size and num_classes must be positive, block_config not empty")
	}
	for i, layers := range d.BlockConfig {
		if layers < 1 {
			return fmt.Errorf("densenet: block %d has %d layers; it must have at least one", i+1, layers)
		}
	}
	if d.Attribute != nil && (*d.Attribute < 0 || *d.Attribute >= d.Classes) {
		return fmt.Errorf("densenet: attribute %d; legal are 0 to %d", *d.Attribute, d.Classes-1)
	}
	return d.Preprocessing.Validate()
}

// oldNames are those of torchvision's first files, which have norm.1 where the network has norm1.
var oldNames = regexp.MustCompile(`(denselayer\d+\.)(norm|conv)\.([12])\.`)

// Published turns old names into new ones and takes the wrappers off the CelebA attribute model.
func (d *DenseNet) Published(name string) (string, bool) {
	name, read := unwrapped(name)
	name = strings.TrimPrefix(name, "feat_extract.feat_extract.")
	return oldNames.ReplaceAllString(name, "$1$2$3."), read
}

// InputSize is 224, or what the pre-processing ends with.
func (d *DenseNet) InputSize() int { return sizeOr(d.Preprocessing, 224) }

// Build builds every layer.
func (d *DenseNet) Build(s nn.Scope, x *Node) { d.Forward(s, x, nil) }

// Preprocess turns pictures in [0, 1] into the network's input.
func (d *DenseNet) Preprocess(x01 *Node) *Node { return d.Preprocessing.Preprocess(x01) }

// Pixels resizes and crops a picture as Preprocess would, with Pillow's arithmetic.
func (d *DenseNet) Pixels(img image.Image) ([]float32, image.Point, error) {
	return d.Preprocessing.Pixels(img)
}

// Layers lists the layers from input to output.
func (d *DenseNet) Layers() []string {
	names := []string{"relu0", "pool0"}
	for i, layers := range d.BlockConfig {
		block := "denseblock" + strconv.Itoa(i+1)
		names = append(names, numbered(block+"_denselayer", 1, layers)...)
		names = append(names, block)
		if i < len(d.BlockConfig)-1 {
			names = append(names, "transition"+strconv.Itoa(i+1))
		}
	}
	return append(names, "features")
}

// Forward maps normalised pictures [batch, height, width, 3] to logits [batch, classes], or [batch, 1] of one attribute.
func (d *DenseNet) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	logits := nn.Linear(s.Sub("classifier"), d.features(s.Sub("features"), x, tap), d.Classes)
	if d.Attribute != nil {
		return Slice(logits, AxisRange(), AxisElem(*d.Attribute))
	}
	return logits
}

// Embed gives the averaged features.
func (d *DenseNet) Embed(s nn.Scope, x *Node) *Node { return d.features(s.Sub("features"), x, nil) }

func (d *DenseNet) features(s nn.Scope, x *Node, tap Tap) *Node {
	x = nn.Conv(s.Sub("conv0"), x, d.InitWidth, nn.SquareConv(7, 2, 3))
	x = tap.show("relu0", normReLU(s.Sub("norm0"), x))
	x = tap.show("pool0", nn.MaxPool2D(x, nn.SquarePool(3, 2, 1)))
	for i, layers := range d.BlockConfig {
		block := "denseblock" + strconv.Itoa(i+1)
		for j := 1; j <= layers; j++ {
			layer := "denselayer" + strconv.Itoa(j)
			grown := tap.show(block+"_"+layer, d.denseLayer(s.Sub(block).Sub(layer), x))
			x = Concatenate([]*Node{x, grown}, 3)
		}
		x = tap.show(block, x)
		if i < len(d.BlockConfig)-1 {
			transition := "transition" + strconv.Itoa(i+1)
			x = tap.show(transition, d.transition(s.Sub(transition), x))
		}
	}
	x = tap.show("features", nn.BatchNorm(s.Sub("norm5"), x, batchNormEpsilon))
	return ReduceMean(nn.ReLU(x), 1, 2)
}

// denseLayer gives the channels that a layer adds.
func (d *DenseNet) denseLayer(s nn.Scope, x *Node) *Node {
	x = nn.Conv(s.Sub("conv1"), normReLU(s.Sub("norm1"), x), d.Bottleneck*d.GrowthRate, nn.SquareConv(1, 1, 0))
	return nn.Conv(s.Sub("conv2"), normReLU(s.Sub("norm2"), x), d.GrowthRate, nn.SquareConv(3, 1, 1))
}

// transition halves channels, height and width.
func (d *DenseNet) transition(s nn.Scope, x *Node) *Node {
	x = nn.Conv(s.Sub("conv"), normReLU(s.Sub("norm"), x), x.Shape().Dimensions[3]/2, nn.SquareConv(1, 1, 0))
	return nn.AvgPool2D(x, nn.SquarePool(2, 2, 0))
}

func normReLU(s nn.Scope, x *Node) *Node { return nn.ReLU(nn.BatchNorm(s, x, batchNormEpsilon)) }
