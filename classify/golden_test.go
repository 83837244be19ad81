package classify_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

// Tolerances by root mean square, those of the reference data.
const (
	outputTolerance   = 1e-4
	gradientTolerance = 2e-4
)

// model makes an architecture of another size than the published one.
func model(t *testing.T, architecture, config string) classify.Model {
	t.Helper()
	m, err := classify.FromConfig(architecture, []byte(config))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// load reads a golden file's weights as a published file's.
func load(t *testing.T, m classify.Model, g *golden.File) *nn.Params {
	t.Helper()
	src, err := weights.Rename(g.Source(), func(name string) (string, bool) { return strings.CutPrefix(name, "weight.") })
	if err != nil {
		t.Fatal(err)
	}
	params, err := classify.Load(golden.Backend(t), m, nn.LoadOptions{}, src)
	if err != nil {
		t.Fatal(err)
	}
	return params
}

// agrees compares output, gradient by the input and every stored activation of a network with a golden file.
func agrees(t *testing.T, g *golden.File, params *nn.Params, output string, forward func(s nn.Scope, x *Node, tap classify.Tap) *Node) {
	t.Helper()
	var inside []string
	for _, name := range g.Names() {
		if strings.HasPrefix(name, "expected.inside.") {
			inside = append(inside, name)
		}
	}
	program := nn.NewProgram(golden.Backend(t), output, func(s []nn.Scope, a []*Node) []*Node {
		seen := map[string]*Node{}
		y := forward(s[0], a[0], classify.Watch(func(layer string, activations *Node) { seen["expected.inside."+layer] = activations }))
		out := []*Node{y, Gradient(ReduceAllSum(Mul(y, a[1])), a[0])[0]}
		for _, name := range inside {
			if seen[name] == nil {
				panic(fmt.Sprintf("no layer is shown as %s", name))
			}
			out = append(out, seen[name])
		}
		return out
	})
	out, err := program.Call([]*nn.Params{params}, g.Tensor("inputs.x"), g.Tensor("inputs.cotangent"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out[0], "expected."+output, outputTolerance)
	g.CloseRMS(out[1], "expected.grad_x", gradientTolerance)
	for i, name := range inside {
		g.CloseRMS(out[2+i], name, outputTolerance)
	}
}

func TestClassifiersAgreeWithPyTorch(t *testing.T) {
	for architecture, config := range map[string]string{
		"vgg16":             `{"cfg": [4, "M", 6, "M"], "hidden": 8, "classes": 5, "preprocess": {"crop": 32}}`,
		"vgg16_bn":          `{"cfg": [4, "M", 6, 6, "M"], "hidden": 8, "classes": 5}`,
		"resnet18":          `{"inplanes": 8, "planes": [4, 8, 8], "layers": [2, 1, 1], "classes": 5}`,
		"resnet50":          `{"inplanes": 8, "planes": [2, 4, 4], "layers": [1, 2, 1], "classes": 5}`,
		"vggface2_resnet50": `{"inplanes": 8, "planes": [2, 4, 4], "layers": [1, 2, 1], "classes": 5}`,
		"resnet20_cifar":    `{"inplanes": 4, "planes": [4, 6, 8], "layers": [2, 2, 2], "classes": 5}`,
		"densenet121":       `{"growth_rate": 4, "block_config": [2, 1], "num_init_features": 8, "bn_size": 2, "num_classes": 5}`,
		"celebahq_densenet": `{"growth_rate": 4, "block_config": [2, 1], "num_init_features": 8, "bn_size": 2, "attribute": 2}`,
		"dino_vits8":        `{"patch": 4, "dim": 12, "heads": 3, "depth": 4, "img": 16, "classes": 5}`,
		"swin_t":            `{"patch_size": 2, "embed_dim": 8, "depths": [2, 2], "num_heads": [2, 4], "window_size": 3, "num_classes": 5}`,
	} {
		t.Run(architecture, func(t *testing.T) {
			m := model(t, architecture, config)
			g := golden.Open(t, "testdata/"+architecture+".safetensors")
			network := m.(classify.Network)
			agrees(t, g, load(t, m, g), "logits", network.Forward)

			// Layers names what the tap is called with, in that order.
			var shown []string
			_, err := nn.Shapes(golden.Backend(t), func(s nn.Scope, a []*Node) {
				returned := map[string]*Node{}
				logits := network.Forward(s, a[0], func(layer string, activations *Node) *Node {
					shown = append(shown, layer)
					if activations.Rank() != 4 {
						t.Errorf("%s has shape %s", layer, activations.Shape())
					}
					returned[layer] = Identity(activations)
					return returned[layer]
				})
				used := ancestors(logits)
				for layer, activations := range returned {
					if !used[activations] {
						t.Errorf("the network doesn't go on with what the tap returns for %s", layer)
					}
				}
			}, shapes.Make(dtypes.Float32, 1, m.InputSize(), m.InputSize(), 3))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(shown, network.Layers()) {
				t.Errorf("layers %q, shown were %q", network.Layers(), shown)
			}
		})
	}
}

// ancestors are the nodes that a node is computed from.
func ancestors(of *Node) map[*Node]bool {
	seen := map[*Node]bool{}
	for left := []*Node{of}; len(left) > 0; {
		n := left[0]
		left = left[1:]
		if !seen[n] {
			seen[n] = true
			left = append(left, n.Inputs()...)
		}
	}
	return seen
}

func TestDINOAtOtherSizes(t *testing.T) {
	m := model(t, "dino_vits8", `{"patch": 4, "dim": 12, "heads": 3, "depth": 4, "img": 16, "classes": 5}`).(*classify.DINO)
	g := golden.Open(t, "testdata/dino_vits8.safetensors")
	params := []*nn.Params{load(t, m, g)}
	program := nn.NewProgram(golden.Backend(t), "dino", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{m.Forward(s[0], a[0], nil), m.Embed(s[0], a[1])}
	})
	out, err := program.Call(params, g.Tensor("inputs.other_x"), g.Tensor("inputs.x"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out[0], "expected.other_logits", outputTolerance)
	g.CloseRMS(out[1], "expected.embedding", outputTolerance)
}

func TestDINOv2AgreesWithTimm(t *testing.T) {
	m := model(t, "dinov2_vits14", `{"patch": 4, "dim": 12, "heads": 3, "depth": 3, "img": 20, "preprocess": {"crop": 20}}`).(*classify.DINOv2)
	g := golden.Open(t, "testdata/dinov2_vits14.safetensors")
	params := load(t, m, g)
	agrees(t, g, params, "logits", func(s nn.Scope, x *Node, _ classify.Tap) *Node { return m.Embed(s, x) })
	out, err := nn.NewProgram(golden.Backend(t), "dinov2", func(s []nn.Scope, a []*Node) []*Node { return []*Node{m.Embed(s[0], a[0])} }).
		Call1([]*nn.Params{params}, g.Tensor("inputs.other_x"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out, "expected.other_logits", outputTolerance)
}

func TestSimSiamAgreesWithPyTorch(t *testing.T) {
	m := model(t, "simsiam_resnet50", `{"inplanes": 8, "planes": [2, 4, 4], "layers": [1, 1, 1], "dim": 12, "pred_dim": 6}`).(*classify.SimSiam)
	g := golden.Open(t, "testdata/simsiam_resnet50.safetensors")
	params := load(t, m, g)
	agrees(t, g, params, "logits", func(s nn.Scope, x *Node, _ classify.Tap) *Node { return m.Embed(s, x) })
	out, err := nn.NewProgram(golden.Backend(t), "predictor", func(s []nn.Scope, a []*Node) []*Node { return []*Node{m.Predict(s[0], a[0])} }).
		Call1([]*nn.Params{params}, g.Tensor("expected.logits"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out, "expected.predictor", outputTolerance)
}

func TestOpenCLIPAgreesWithOpenCLIP(t *testing.T) {
	const config = `{"embed_dim": 10, "quick_gelu": %t, "vision_cfg": {"image_size": 16, "layers": 2, "width": 12, "head_width": 4, "patch_size": 8},
		"text_cfg": {"context_length": 8, "vocab_size": 32, "width": 8, "heads": 2, "layers": 2}}`
	for file, quick := range map[string]bool{"open_clip_vitb32": false, "open_clip_quickgelu": true} {
		t.Run(file, func(t *testing.T) {
			m := model(t, "open_clip_vitb32", fmt.Sprintf(config, quick)).(*classify.OpenCLIP)
			g := golden.Open(t, "testdata/"+file+".safetensors")
			params := load(t, m, g)
			ids := g.Ints("inputs.text")
			text := map[string][]int32{"a cat": ids[:8], "one cat": ids[8:16], "a dog": ids[16:], "one dog": ids[16:]}
			err := m.AddClasses(golden.Backend(t), params, []string{"cat", "dog"}, []string{"a {}", "one {}"}, func(s string) ([]int32, error) {
				if text[s] == nil {
					return nil, fmt.Errorf("unexpected text %q", s)
				}
				return text[s], nil
			})
			if err != nil {
				t.Fatal(err)
			}
			agrees(t, g, params, "logits", m.Forward)
			out, err := nn.NewProgram(golden.Backend(t), "texts", func(s []nn.Scope, a []*Node) []*Node {
				return []*Node{m.EmbedText(s[0], a[0])}
			}).Call1([]*nn.Params{params}, tensors.FromFlatDataAndDimensions(ids, 3, 8))
			if err != nil {
				t.Fatal(err)
			}
			g.CloseRMS(out, "expected.text_embedding", outputTolerance)
		})
	}
}

// At their published sizes the networks ask for the very tensors of the published files.
func TestPublishedSizesHaveThePublishedTensors(t *testing.T) {
	f, err := os.Open("testdata/published_tensors.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var files map[string]map[string][]int
	if err := json.NewDecoder(unzipped).Decode(&files); err != nil {
		t.Fatal(err)
	}
	for _, architecture := range classify.Architectures() {
		config := ""
		if architecture == "dino_vits8" {
			config = `{"classes": 0}` // the head is another file
		}
		m := model(t, architecture, config)
		want := map[string][]int{}
		for name, shape := range files[architecture] {
			if name, read := m.Published(name); read {
				want[name] = shape
			}
		}
		got, err := nn.Shapes(golden.Backend(t), func(s nn.Scope, a []*Node) { m.Build(s, a[0]) },
			shapes.Make(dtypes.Float32, 1, m.InputSize(), m.InputSize(), 3))
		if err != nil {
			t.Fatalf("%s: %v", architecture, err)
		}
		if len(want) == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s asks for %d tensors, its file has %d", architecture, len(got), len(want))
			for name, shape := range got {
				if !slices.Equal(want[name], shape) {
					t.Errorf("  asks for %s %v, the file has %v", name, shape, want[name])
				}
			}
		}
	}
}
