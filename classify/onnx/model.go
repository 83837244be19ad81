package onnx

import (
	"errors"
	"fmt"
	"math"
)

// Bounds on what is read. The largest classifiers have a few thousand nodes and tensors.
const (
	maxFileSize   = math.MaxInt32 // bytes; protocol buffers end there, larger models keep tensors in files beside
	maxNodes      = 50_000
	maxTensors    = 50_000
	maxNameLength = 4096   // bytes
	maxAttributes = 64     // of a node
	maxArguments  = 4096   // inputs or outputs of a node
	maxList       = 65_536 // integers or floats in an attribute
	maxRank       = 8
)

// model is what is kept of a ModelProto: one graph without sub-graphs.
type model struct {
	opset        int64
	nodes        []*node
	initializers []*storedTensor
	inputs       []port
	outputs      []port
}

// node is a NodeProto.
type node struct {
	name, op, domain string
	inputs, outputs  []string // an input that isn't given is ""
	attributes       map[string]attribute
}

// String names the node for messages: by its name or, where it has none, its first output.
func (n *node) String() string {
	name := n.name
	if name == "" && len(n.outputs) > 0 {
		name = n.outputs[0]
	}
	return fmt.Sprintf("node %q (%s)", name, n.op)
}

// attribute is an AttributeProto; kind says which of the fields counts.
type attribute struct {
	kind   int64
	f      float32
	i      int64
	s      string
	t      *storedTensor
	ints   []int64
	floats []float32
}

// The kinds of attributes that are read.
const (
	kindFloat  = 1
	kindInt    = 2
	kindString = 3
	kindTensor = 4
	kindFloats = 6
	kindInts   = 7
)

// port is an input or output of the graph: dims holds -1 where the size is open.
type port struct {
	name     string
	elements int64 // the type of its elements
	dims     []int
}

// parseModel reads a ModelProto. Nothing in the result is checked but sizes and types of fields.
func parseModel(data []byte) (*model, error) {
	m := &model{}
	graphs := 0
	err := fields(data, func(f field) error {
		switch f.number {
		case 7:
			graphs++
			body, err := f.message()
			if err != nil {
				return err
			}
			return m.parseGraph(body)
		case 8:
			body, err := f.message()
			if err != nil {
				return err
			}
			return m.parseOpset(body)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if graphs != 1 || m.opset == 0 {
		return nil, fmt.Errorf("%d graphs and operator set %d; an ONNX model has one graph and an operator set", graphs, m.opset)
	}
	return m, nil
}

func (m *model) parseOpset(body []byte) error {
	var domain string
	var version int64
	err := fields(body, func(f field) (err error) {
		switch f.number {
		case 1:
			domain, err = f.text()
		case 2:
			version, err = f.integer()
		}
		return err
	})
	if domain == "" || domain == "ai.onnx" {
		m.opset = version
	}
	return err
}

func (m *model) parseGraph(body []byte) error {
	return fields(body, func(f field) error {
		switch f.number {
		case 1, 5, 11, 12, 15:
		default:
			return nil
		}
		part, err := f.message()
		if err != nil {
			return err
		}
		switch f.number {
		case 1:
			n, err := parseNode(part)
			if err != nil {
				return fmt.Errorf("node %d: %w", len(m.nodes), err)
			}
			if m.nodes = append(m.nodes, n); len(m.nodes) > maxNodes {
				return fmt.Errorf("more than %d nodes", maxNodes)
			}
		case 5:
			t, err := parseTensor(part)
			if err != nil {
				return fmt.Errorf("tensor %d: %w", len(m.initializers), err)
			}
			if m.initializers = append(m.initializers, t); len(m.initializers) > maxTensors {
				return fmt.Errorf("more than %d tensors", maxTensors)
			}
		case 11, 12:
			p, err := parsePort(part)
			if err != nil {
				return fmt.Errorf("input or output %q: %w", p.name, err)
			}
			list := &m.inputs
			if f.number == 12 {
				list = &m.outputs
			}
			if *list = append(*list, p); len(*list) > maxTensors {
				return fmt.Errorf("more than %d inputs or outputs", maxTensors)
			}
		case 15:
			return errors.New("sparse tensors are not supported: export the model with dense ones")
		}
		return nil
	})
}

func parseNode(body []byte) (*node, error) {
	n := &node{attributes: map[string]attribute{}}
	err := fields(body, func(f field) (err error) {
		switch f.number {
		case 1, 2:
			list := &n.inputs
			if f.number == 2 {
				list = &n.outputs
			}
			name, err := f.text()
			if *list = append(*list, name); len(*list) > maxArguments {
				return fmt.Errorf("more than %d inputs or outputs", maxArguments)
			}
			return err
		case 3:
			n.name, err = f.text()
		case 4:
			n.op, err = f.text()
		case 5:
			body, err := f.message()
			if err != nil {
				return err
			}
			name, a, err := parseAttribute(body)
			if err != nil {
				return fmt.Errorf("attribute %q: %w", name, err)
			}
			if _, twice := n.attributes[name]; twice || len(n.attributes) == maxAttributes {
				return fmt.Errorf("attribute %q comes twice, or there are more than %d", name, maxAttributes)
			}
			n.attributes[name] = a
		case 7:
			n.domain, err = f.text()
		}
		return err
	})
	return n, err
}

func parseAttribute(body []byte) (name string, a attribute, err error) {
	err = fields(body, func(f field) (err error) {
		switch f.number {
		case 1:
			name, err = f.text()
		case 2:
			a.f, err = f.float()
		case 3:
			a.i, err = f.integer()
		case 4:
			a.s, err = f.text()
		case 5:
			var part []byte
			if part, err = f.message(); err == nil {
				a.t, err = parseTensor(part)
			}
		case 7:
			a.floats, err = f.floats(a.floats, maxList)
		case 8:
			a.ints, err = f.integers(a.ints, maxList)
		case 20:
			a.kind, err = f.integer()
		}
		return err
	})
	if err == nil && a.kind == kindTensor && a.t == nil {
		err = errors.New("a tensor is announced and missing")
	}
	return name, a, err
}

func parsePort(body []byte) (p port, err error) {
	err = descend(body, func(f field) (err error) {
		if f.number == 1 {
			p.name, err = f.text()
		}
		return err
	}, 2, func(f field) error { // TypeProto
		if f.number != 1 {
			return nil
		}
		tensor, err := f.message()
		if err != nil {
			return err
		}
		return descend(tensor, func(f field) (err error) {
			if f.number == 1 {
				p.elements, err = f.integer()
			}
			return err
		}, 2, p.addDim)
	})
	return p, err
}

// descend shows the fields of a message and, within, those of its field of the given number.
func descend(body []byte, show func(field) error, number int, inner func(field) error) error {
	return fields(body, func(f field) error {
		if f.number != number {
			return show(f)
		}
		part, err := f.message()
		if err != nil {
			return err
		}
		if err := show(f); err != nil {
			return err
		}
		return fields(part, inner)
	})
}

// addDim reads one Dimension of a TensorShapeProto.
func (p *port) addDim(f field) error {
	if f.number != 1 {
		return nil
	}
	body, err := f.message()
	if err != nil {
		return err
	}
	size := int64(-1)
	err = fields(body, func(f field) (err error) {
		if f.number == 1 {
			size, err = f.integer()
		}
		return err
	})
	if size < 1 || size > math.MaxInt32 {
		size = -1 // open, as exporters also write with 0
	}
	p.dims = append(p.dims, int(size))
	if len(p.dims) > maxRank {
		return fmt.Errorf("more than %d axes", maxRank)
	}
	return err
}
