package onnx

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/classify"
	"otherwise/nn"
)

// Network is the graph of an ONNX model, as [Open] makes it.
type Network struct {
	Preprocessing classify.Preprocessing

	nodes         []*node
	opset         int64
	input, logits string
	tensors       map[string]*value // by name: parameters, and what is known on the host
	channelsLast  bool              // the file's input has the channels last
	// What the file takes; -1 is any.
	batch, channels, height, width int
	layers                         []string
}

var _ classify.Network = (*Network)(nil)

// Layers lists the layers that are pictures of features, by the names that their tensors have in the file.
func (n *Network) Layers() []string { return slices.Clone(n.layers) }

// Forward maps the network's input [batch, height, width, channels] to logits [batch, classes]. It panics where the file
// does not allow the input's shape.
func (n *Network) Forward(s nn.Scope, x *Node, tap classify.Tap) *Node {
	d := x.Shape().Dimensions
	if len(d) != 4 || d[3] != n.channels {
		exceptions.Panicf("input of shape %v; wanted is [batch, height, width, %d]", d, n.channels)
	}
	logits := n.walk(s, x, tap)
	if got := logits.Shape().Dimensions; len(got) == 0 || got[0] != d[0] {
		exceptions.Panicf("logits of shape %v for %d pictures: the file is made for batches of %d; "+
			"export it with an open batch axis (dynamic_axes or dynamic_shapes), or use batches of %d", got, d[0], max(n.batch, 1), max(n.batch, 1))
	}
	return logits
}

// walk builds the graph and returns the output.
func (n *Network) walk(s nn.Scope, x *Node, tap classify.Tap) *Node {
	w := &walk{graph: x.Graph(), scope: s, dtype: x.DType(), opset: n.opset, values: make(map[string]*value, len(n.tensors)+len(n.nodes))}
	for name, v := range n.tensors {
		fresh := *v // a walk adds nodes of its graph
		w.values[name] = &fresh
	}
	w.values[n.input] = lastValue(x)
	if n.channelsLast {
		w.values[n.input] = nodeValue(x)
	}
	for _, node := range n.nodes {
		w.run(node)
		if tap == nil {
			continue
		}
		for _, name := range node.outputs {
			if v := w.values[name]; name != "" && v.node != nil && v.last {
				v.node = tap(name, v.node)
			}
		}
	}
	return w.first(w.values[n.logits])
}
