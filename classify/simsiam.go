package classify

import (
	"fmt"
	"image"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// SimSiam is the encoder of Chen and He, 2021, with which ACE measures how similar two pictures are: a ResNet whose last layer is
// a projector, in the layout of the checkpoints of their training script (module.encoder.*, module.predictor.*).
type SimSiam struct {
	Inplanes      int           `json:"inplanes"`
	Planes        []int         `json:"planes"`
	Blocks        []int         `json:"layers"`
	Dim           int           `json:"dim"`      // of the projection
	PredictorDim  int           `json:"pred_dim"` // inner width of the predictor
	Preprocessing Preprocessing `json:"preprocess"`
}

func simSiamResNet50() *SimSiam {
	r := resNet(bottleneck, 3, 4, 6, 3)
	return &SimSiam{Inplanes: r.Inplanes, Planes: r.Planes, Blocks: r.Blocks, Dim: 2048, PredictorDim: 512, Preprocessing: imageNet()}
}

// backbone is the ResNet up to the average of its last stage.
func (m *SimSiam) backbone() *ResNet {
	return &ResNet{Inplanes: m.Inplanes, Planes: m.Planes, Blocks: m.Blocks, Classes: m.Dim, Preprocessing: m.Preprocessing}
}

// Validate reports a configuration that no network can be built from.
func (m *SimSiam) Validate() error {
	if m.Dim < 1 || m.PredictorDim < 1 {
		return fmt.Errorf("simsiam: dim %d and pred_dim %d must be positive", m.Dim, m.PredictorDim)
	}
	return m.backbone().Validate()
}

// Published takes off the prefix of distributed training.
func (m *SimSiam) Published(name string) (string, bool) { return unwrapped(name) }

// InputSize is 224, or what the pre-processing ends with.
func (m *SimSiam) InputSize() int { return sizeOr(m.Preprocessing, 224) }

// Build builds every layer.
func (m *SimSiam) Build(s nn.Scope, x *Node) { m.Predict(s, m.Embed(s, x)) }

// Preprocess turns pictures in [0, 1] into the network's input.
func (m *SimSiam) Preprocess(x01 *Node) *Node { return m.Preprocessing.Preprocess(x01) }

// Pixels resizes and crops a picture as Preprocess would, with Pillow's arithmetic.
func (m *SimSiam) Pixels(img image.Image) ([]float32, image.Point, error) {
	return m.Preprocessing.Pixels(img)
}

// Layers lists the layers that [SimSiam.Project] shows, from input to output: those of a [ResNet].
func (m *SimSiam) Layers() []string { return m.backbone().Layers() }

// Embed maps normalised pictures [batch, height, width, 3] to projections [batch, dim].
func (m *SimSiam) Embed(s nn.Scope, x *Node) *Node { return m.Project(s, x, nil) }

// Project is Embed with a tap.
func (m *SimSiam) Project(s nn.Scope, x *Node, tap Tap) *Node {
	s = s.Sub("encoder")
	x = m.backbone().features(s, x, tap)
	width := x.Shape().Dimensions[1]
	x = nn.ReLU(nn.BatchNorm(s.Sub("fc.1"), nn.LinearNoBias(s.Sub("fc.0"), x, width), batchNormEpsilon))
	x = nn.ReLU(nn.BatchNorm(s.Sub("fc.4"), nn.LinearNoBias(s.Sub("fc.3"), x, width), batchNormEpsilon))
	x = nn.Linear(s.Sub("fc.6"), x, m.Dim)
	return nn.BatchNormPlain(s.Sub("fc.7"), x, batchNormEpsilon)
}

// Predict maps projections to what the predictor expects another view's projection to be [batch, dim].
func (m *SimSiam) Predict(s nn.Scope, z *Node) *Node {
	s = s.Sub("predictor")
	h := nn.ReLU(nn.BatchNorm(s.Sub("1"), nn.LinearNoBias(s.Sub("0"), z, m.PredictorDim), batchNormEpsilon))
	return nn.Linear(s.Sub("3"), h, m.Dim)
}
