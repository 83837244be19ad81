package verify

import (
	"os"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/diffusion/tokenize"
	"otherwise/nn"
)

// fullClassifiers are the classifiers and metric networks of full size. Their looser tolerances are the reference data's: ReLU
// and maxima have kinks.
var fullClassifiers = map[string]fullNetwork{
	"vgg16": {Inputs: []string{"vgg16"}, Forward: fullClassifier("vgg16"), Gradient: 1e-2, GradientNorm: 1e-4},
	// The gradient is that of the features by pictures in [0, 1].
	"inception_fid.299":     fullInception("inception_fid.299"),
	"inception_fid.resized": fullInception("inception_fid.resized"),
	"resnet50":              {Inputs: []string{"resnet50"}, Forward: fullClassifier("resnet50")},
	"densenet121":           {Inputs: []string{"densenet121"}, Forward: fullClassifier("densenet121")},
	"dino_vits8":            {Inputs: []string{"dino_vits8"}, Forward: fullEncoder("dino_vits8")},
	"open_clip_vitb32":      {Inputs: []string{"open_clip_vitb32"}, Forward: fullEncoder("open_clip_vitb32")},
	"open_clip_vitb32_text": {Forward: fullText, NoGradient: true},
}

// published makes an architecture of the size of its published weights.
func published(c *Check, architecture string) classify.Model {
	m, err := classify.FromConfig(architecture, nil)
	if err != nil {
		c.Fatal(err)
	}
	return m
}

type fullForward = func(c *Check, about fullCase) func(s nn.Scope, inputs []*Node) []*Node

func fullClassifier(architecture string) fullForward {
	return func(c *Check, _ fullCase) func(nn.Scope, []*Node) []*Node {
		m := published(c, architecture).(classify.Network)
		return func(s nn.Scope, inputs []*Node) []*Node { return []*Node{m.Forward(s, inputs[0], nil)} }
	}
}

func fullEncoder(architecture string) fullForward {
	return func(c *Check, _ fullCase) func(nn.Scope, []*Node) []*Node {
		m := published(c, architecture).(classify.Encoder)
		return func(s nn.Scope, inputs []*Node) []*Node { return []*Node{m.Embed(s, inputs[0])} }
	}
}

func fullInception(name string) fullNetwork {
	taps := []string{"block64", "block192", "block768"}
	forward := func(c *Check, _ fullCase) func(nn.Scope, []*Node) []*Node {
		m := published(c, "inception_fid").(*classify.InceptionV3)
		return func(s nn.Scope, inputs []*Node) []*Node {
			out := make([]*Node, 1+len(taps))
			m.Forward(s, m.Preprocess(inputs[0]), classify.Watch(func(layer string, activations *Node) {
				for i, tap := range append([]string{"block2048"}, taps...) {
					if tap == layer {
						out[i] = activations
					}
				}
			}))
			return out
		}
	}
	return fullNetwork{Inputs: []string{name}, Forward: forward, Taps: taps, Gradient: 1e-1, GradientNorm: 2e-3}
}

// fullText is OpenCLIP's encoder of texts, on the tokens of the case's text.
func fullText(c *Check, about fullCase) func(nn.Scope, []*Node) []*Node {
	m := published(c, "open_clip_vitb32").(*classify.OpenCLIP)
	tokenizer, err := tokenize.Open(os.DirFS(c.Path("tokenizer")))
	if err != nil {
		c.Fatal(err)
	}
	ids := [][]int32{tokenizer.Encode(about.Text, tokenize.OpenCLIP).IDs}
	return func(s nn.Scope, _ []*Node) []*Node {
		graph := s.Param("positional_embedding", nn.Normal(0.01), m.Text.ContextLength, m.Text.Width).Graph()
		return []*Node{m.EmbedText(s, Const(graph, ids))}
	}
}
