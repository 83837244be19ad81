package onnx

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/nn"
)

// Options say what the file doesn't. The zero value takes the first output and pictures as they are.
type Options struct {
	Preprocessing classify.Preprocessing `json:"preprocess"`
	// ChannelsLast says that the file's input is [batch, height, width, channels], as TensorFlow exports it.
	ChannelsLast bool `json:"channels_last,omitempty"`
	// Output names the logits among several outputs; the first.
	Output string `json:"output,omitempty"`
	// Classes names the classes, in order; their numbers.
	Classes []string `json:"classes,omitempty"`
	// CAMLayer is the layer for class activation maps; the last with more than one position.
	CAMLayer string `json:"cam_layer,omitempty"`
}

// Open reads a classifier from an ONNX file, with the tensors that it keeps in files beside. The backend is asked for
// shapes only: parameters come to the device when they are used first.
//
// The model has one input, [batch, channels, height, width] (or channels last, if the options say so) of 1 or 3 channels,
// and an output [batch, classes]. Of a model that ends in a softmax what goes into it is taken, so that the output are logits.
// A model with one output value is a binary classifier. Halves and doubles are computed as 32-bit floats.
//
// A file that is damaged or no ONNX file, operators that aren't known (all of them are listed), shapes that don't fit,
// and options that make no sense are errors.
func Open(backend compute.Backend, path string, o Options) (*classify.Classifier, error) {
	c, err := open(backend, path, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return c, nil
}

func open(backend compute.Backend, path string, o Options) (*classify.Classifier, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	beside, err := openFolder(path)
	if err != nil {
		return nil, err
	}
	defer beside.close()
	return load(backend, data, beside, o)
}

// readFile reads a model file whole, once its size is known to be one.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFileSize {
		return nil, fmt.Errorf("%d bytes, mode %s; an ONNX model is a plain file of less than 2 GiB", info.Size(), info.Mode())
	}
	return os.ReadFile(path)
}

// load makes a classifier of a file's bytes. beside is where other files are looked for; nil is nowhere.
func load(backend compute.Backend, data []byte, beside *folder, o Options) (*classify.Classifier, error) {
	m, err := parseModel(data)
	if err != nil {
		return nil, err
	}
	picture, logits, err := m.prepare(o.Output, o.ChannelsLast)
	if err != nil {
		return nil, err
	}
	n := &Network{Preprocessing: o.Preprocessing, nodes: m.nodes, opset: m.opset, input: picture.name, logits: logits, channelsLast: o.ChannelsLast}
	params, err := n.takeTensors(m, beside)
	if err != nil {
		return nil, err
	}
	if err := n.takeSizes(picture); err != nil {
		return nil, err
	}
	classes, err := n.try(backend)
	if err != nil {
		return nil, err
	}
	return n.classifier(params, classes, o)
}

// smallTensor is up to how many elements a tensor of floats is also kept on the host, as scales, bounds and masks of 56x56
// positions must be.
const smallTensor = 4096

// maxIntegers bounds the integers of a model, which describe shapes and positions and are kept eight bytes each.
const maxIntegers = 1 << 24

// takeTensors decodes the model's tensors: floats become parameters, the rest stays on the host.
func (n *Network) takeTensors(m *model, beside *folder) (*nn.Params, error) {
	n.tensors = map[string]*value{}
	params := nn.NewParams()
	kernels := m.kernels()
	ints := 0
	for _, t := range m.initializers {
		if k, err := kindOf(t.elements); err == nil && k != float {
			ints += t.size
		}
		if ints > maxIntegers {
			return nil, fmt.Errorf("tensor %q: more than %d integers in all: models with integer weights are not supported", t.name, maxIntegers)
		}
		if t.external != nil && beside == nil {
			return nil, fmt.Errorf("tensor %q lies in another file", t.name)
		}
		if beside != nil {
			if err := beside.fetch(t); err != nil {
				return nil, err
			}
		}
		c, err := t.decode()
		if err != nil {
			return nil, err
		}
		t.raw, t.decoded = nil, nil
		n.tensors[t.name] = tensorValue(t.name, c, kernels[t.name], params)
	}
	return params, nil
}

func tensorValue(name string, c *constant, kernel bool, params *nn.Params) *value {
	v := &value{kind: c.kind, dims: c.dims}
	if c.kind != float || len(c.floats) <= smallTensor && !kernel {
		v.known = c
	}
	if c.kind != float || len(c.dims) == 0 || len(c.floats) == 0 {
		return v // a single number or nothing at all is no weight
	}
	v.param = name
	data, dims := c.floats, c.dims
	if v.kernel = kernel && len(dims) == 4; v.kernel {
		turned := make([]float32, len(data))
		nn.KernelToGraph(turned, data, dims)
		data, dims = turned, []int{dims[2], dims[3], dims[1], dims[0]}
	}
	params.Set(name, tensors.FromFlatDataAndDimensions(data, dims...))
	return v
}

// kernels are the tensors that are used as the weights of convolutions only.
func (m *model) kernels() map[string]bool {
	out := map[string]bool{}
	for _, n := range m.nodes {
		if n.op == "Conv" {
			out[n.inputs[1]] = true
		}
	}
	for _, n := range m.nodes {
		for i, name := range n.inputs {
			if n.op != "Conv" || i != 1 {
				delete(out, name)
			}
		}
	}
	return out
}

// openSize is tried where neither file nor options say how large pictures are.
const openSize = 224

// try builds the network once on a graph that is thrown away, to find what is wrong with it and its layers, and returns
// the number of classes.
func (n *Network) try(backend compute.Backend) (classes int, err error) {
	batch := max(n.batch, 1)
	height, width := n.height, n.width
	if height < 1 {
		height = openSize
	}
	if width < 1 {
		width = openSize
	}
	var logits []int
	_, err = nn.Shapes(backend, func(s nn.Scope, args []*graph.Node) {
		n.layers = nil
		out := n.Forward(s, args[0], classify.Watch(func(layer string, a *graph.Node) {
			if d := a.Shape().Dimensions; d[1]*d[2] > 1 {
				n.layers = append(n.layers, layer)
			}
		}))
		logits = out.Shape().Dimensions
	}, shapes.Make(dtypes.Float32, batch, height, width, n.channels))
	if err != nil {
		return 0, err
	}
	if len(logits) != 2 || logits[0] != batch || logits[1] < 1 {
		return 0, fmt.Errorf("output %q has shape %v; wanted is [%d, classes]", n.logits, logits, batch)
	}
	return logits[1], nil
}

func (n *Network) classifier(params *nn.Params, outputs int, o Options) (*classify.Classifier, error) {
	c := &classify.Classifier{Network: n, Params: params, Classes: o.Classes, CAMLayer: o.CAMLayer, Binary: outputs == 1}
	classes := max(outputs, 2)
	if c.Classes == nil {
		for i := range classes {
			c.Classes = append(c.Classes, fmt.Sprint(i))
		}
	}
	if len(c.Classes) != classes {
		return nil, fmt.Errorf("%d names for %d classes", len(c.Classes), classes)
	}
	if c.CAMLayer == "" && len(n.layers) > 0 {
		c.CAMLayer = n.layers[len(n.layers)-1]
	}
	return c, nil
}
