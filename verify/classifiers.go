package verify

import (
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/classify"
	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

// classifierParts check classifiers and image encoders. Beside each golden file lie the configuration and the weights, in the
// layout of published files.
var classifierParts = []Part{
	{Files: "classifiers/vgg16_golden.safetensors", Also: weightsOf("vgg16"), Run: checkClassifier},
	{Files: "classifiers/resnet50_golden.safetensors", Also: weightsOf("resnet50"), Run: checkClassifier},
	{Files: "classifiers/densenet121_golden.safetensors", Also: weightsOf("densenet121"), Run: checkClassifier},
	{Files: "classifiers/simsiam_golden.safetensors", Also: weightsOf("simsiam"), Run: checkSimSiam},
	{Files: "classifiers/dino_vits8_golden.safetensors", Also: append(weightsOf("dino_vits8"), "classifiers/dino_linear.pth"), Run: checkDINO},
	{Files: "classifiers/open_clip_golden.safetensors", Also: weightsOf("open_clip"), Run: checkOpenCLIP},
}

// weightsOf lists the files that a network may come in, and its configuration.
func weightsOf(name string) []string {
	var files []string
	for _, ending := range []string{".json", ".pth", ".pth.tar", ".safetensors"} {
		files = append(files, "classifiers/"+name+ending)
	}
	return files
}

// networkName is the golden file's name without "_golden".
func networkName(c *Check) string { return strings.TrimSuffix(path.Base(c.Stem()), "_golden") }

// model reads the configuration beside the golden file, with what else is known about it.
func model(c *Check, architecture string) classify.Model {
	config, err := os.ReadFile(c.Path("classifiers/" + networkName(c) + ".json"))
	if err != nil {
		c.Fatal(err)
	}
	m, err := classify.FromConfig(architecture, config)
	if err != nil {
		c.Fatal(err)
	}
	return m
}

// checkpoint opens a file of weights until the check ends.
func checkpoint(c *Check, file string) weights.Source {
	src, err := weights.OpenCheckpoint(c.Path(file))
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { src.Close() })
	return src
}

// parameters loads a network's parameters strictly.
func parameters(c *Check, m classify.Model, sources ...weights.Source) []*nn.Params {
	p, err := classify.Load(c.Backend, m, nn.LoadOptions{Backend: c.Backend}, sources...)
	if err != nil {
		c.Fatal(err)
	}
	return []*nn.Params{p}
}

// checkClassifier checks logits, gradient and activations, with the weights of every file that holds them.
func checkClassifier(c *Check) {
	name := networkName(c)
	m := model(c, name)
	network, ok := m.(classify.Network)
	if !ok {
		c.Fatalf("%s is no classifier", name)
	}
	files := 0
	for _, file := range weightsOf(name)[1:] {
		if c.Exists(file) {
			files++
			checkForward(c, parameters(c, m, checkpoint(c, file)), path.Ext(file)+" ", "logits", network.Forward)
		}
	}
	if files == 0 {
		c.Fatalf("none of %q is there", weightsOf(name)[1:])
	}
}

// checkForward checks expected.<output>, expected.grad_x and expected.inside.*. Case names begin with prefix.
func checkForward(c *Check, nets []*nn.Params, prefix, output string, forward func(s nn.Scope, x *Node, tap classify.Tap) *Node) {
	g := c.Golden()
	var layers []string
	for _, name := range g.Names() {
		if layer, inside := strings.CutPrefix(name, "expected.inside."); inside {
			layers = append(layers, layer)
		}
	}
	program := c.Program(func(s []nn.Scope, a []*Node) []*Node {
		seen := map[string]*Node{}
		y := forward(s[0], a[0], classify.Watch(func(layer string, activations *Node) { seen[layer] = activations }))
		out := []*Node{y, Gradient(ReduceAllSum(Mul(y, a[1])), a[0])[0]}
		for _, layer := range layers {
			activations := seen[countedFromZero(c, layer)]
			if activations == nil {
				c.Fatalf("the network has no layer %q", countedFromZero(c, layer))
			}
			out = append(out, activations)
		}
		return out
	})
	out := c.Call(program, nets, g.Tensor("inputs.x"), g.Tensor("inputs.cotangent"))
	c.Near(prefix+output, Values(c, out[0]), Values(c, g.Tensor("expected."+output)), golden.RMS(outputTolerance))
	c.Near(prefix+"grad_x", Values(c, out[1]), Values(c, g.Tensor("expected.grad_x")), golden.RMS(gradientTolerance))
	for i, layer := range layers {
		c.Near(prefix+layer, Values(c, out[2+i]), Values(c, g.Tensor("expected.inside."+layer)), golden.RMS(outputTolerance))
	}
}

var goldenBlock = regexp.MustCompile(`^(layer\d+_(?:bottleneck|basicblock))(\d+)$`)

// countedFromZero is the name that a network has for a layer of the golden files. These count a ResNet's blocks from 1 (their
// layer4_bottleneck1 is torchvision's layer4[0]), networks from 0, as ScoreCAM's code and ECED do.
func countedFromZero(c *Check, layer string) string {
	parts := goldenBlock.FindStringSubmatch(layer)
	if parts == nil {
		return layer
	}
	return parts[1] + strconv.Itoa(whole(c, parts[2])-1)
}
