package classify

import (
	"encoding/json"
	"fmt"
	"image"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// VGG is the classifier of Simonyan and Zisserman, 2015, with torchvision's parameter names: features.N counts convolutions,
// batch normalisations, ReLUs and poolings alike. Its layers are called features_N, as in ScoreCAM's code (features_29 is the
// ReLU before VGG-16's last pooling), and avgpool.
type VGG struct {
	// Stages lists the features: a number is a 3x3 convolution to so many channels with its ReLU, "M" a 2x2 maximum.
	Stages        []VGGStage    `json:"cfg"`
	BatchNorm     bool          `json:"batch_norm"`
	Hidden        int           `json:"hidden"` // width of the two hidden layers of the head
	Classes       int           `json:"classes"`
	Preprocessing Preprocessing `json:"preprocess"`
}

// VGGStage is the width of a convolution, or 0 for a 2x2 maximum.
type VGGStage int

// UnmarshalJSON reads a number or "M".
func (s *VGGStage) UnmarshalJSON(raw []byte) error {
	if string(raw) == `"M"` {
		*s = 0
		return nil
	}
	var width int
	if err := json.Unmarshal(raw, &width); err != nil || width < 1 {
		return fmt.Errorf("vgg: stage %s; legal are a number of channels and \"M\"", raw)
	}
	*s = VGGStage(width)
	return nil
}

// MarshalJSON writes a number or "M".
func (s VGGStage) MarshalJSON() ([]byte, error) {
	if s == 0 {
		return []byte(`"M"`), nil
	}
	return []byte(strconv.Itoa(int(s))), nil
}

func vgg16(batchNorm bool) *VGG {
	return &VGG{Stages: []VGGStage{64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0},
		BatchNorm: batchNorm, Hidden: 4096, Classes: 1000, Preprocessing: imageNet()}
}

// pooled is the side that the features are averaged to.
const vggPooled = 7

// Validate reports a configuration that no network can be built from.
func (v *VGG) Validate() error {
	if v.Hidden < 1 || v.Classes < 1 || len(v.Stages) == 0 || v.Stages[0] == 0 {
		return fmt.Errorf("vgg: hidden %d and classes %d must be positive, and cfg begin with a number", v.Hidden, v.Classes)
	}
	return v.Preprocessing.Validate()
}

// Published is the identity.
func (v *VGG) Published(name string) (string, bool) { return unwrapped(name) }

// InputSize is 224, or what the pre-processing ends with.
func (v *VGG) InputSize() int { return sizeOr(v.Preprocessing, 224) }

// Build builds every layer.
func (v *VGG) Build(s nn.Scope, x *Node) { v.Forward(s, x, nil) }

// Preprocess turns pictures in [0, 1] into the network's input.
func (v *VGG) Preprocess(x01 *Node) *Node { return v.Preprocessing.Preprocess(x01) }

// Pixels resizes and crops a picture as Preprocess would, with Pillow's arithmetic.
func (v *VGG) Pixels(img image.Image) ([]float32, image.Point, error) {
	return v.Preprocessing.Pixels(img)
}

// Layers lists features_0, features_1, ... and avgpool.
func (v *VGG) Layers() []string {
	count := 0
	for _, width := range v.Stages {
		switch {
		case width == 0:
			count++
		case v.BatchNorm:
			count += 3
		default:
			count += 2
		}
	}
	return append(numbered("features_", 0, count-1), "avgpool")
}

// Forward maps normalised pictures [batch, height, width, 3] to logits [batch, classes].
func (v *VGG) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	next := 0 // index of the next feature
	show := func(x *Node) *Node {
		x = tap.show("features_"+strconv.Itoa(next), x)
		next++
		return x
	}
	convolution := nn.SquareConv(3, 1, 1)
	convolution.Bias = true
	for _, width := range v.Stages {
		if width == 0 {
			x = show(nn.MaxPool2D(x, nn.SquarePool(2, 2, 0)))
			continue
		}
		x = show(nn.Conv(s.Sub("features."+strconv.Itoa(next)), x, int(width), convolution))
		if v.BatchNorm {
			x = show(nn.BatchNorm(s.Sub("features."+strconv.Itoa(next)), x, batchNormEpsilon))
		}
		x = show(nn.ReLU(x))
	}
	x = tap.show("avgpool", nn.AdaptiveAvgPool2D(x, vggPooled, vggPooled))
	// The head's weights count channels first.
	x = Reshape(TransposeAllAxes(x, 0, 3, 1, 2), x.Shape().Dimensions[0], -1)
	x = nn.ReLU(nn.Linear(s.Sub("classifier.0"), x, v.Hidden))
	x = nn.ReLU(nn.Linear(s.Sub("classifier.3"), x, v.Hidden))
	return nn.Linear(s.Sub("classifier.6"), x, v.Classes)
}
