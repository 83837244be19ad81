package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The operator sets whose operators are known.
const (
	oldestOpset = 9
	newestOpset = 21
)

// prepare checks a model's structure and leaves what the named output needs: nodes in order, each input of a node made
// before it, no name twice. The output is the first where the name is empty. Constant nodes become initializers.
// It returns the picture's port and the name of the logits.
func (m *model) prepare(output string, channelsLast bool) (picture port, logits string, err error) {
	if m.opset < oldestOpset || m.opset > newestOpset {
		return port{}, "", fmt.Errorf("operator set %d; supported are %d to %d (torch.onnx.export(..., opset_version=17))",
			m.opset, oldestOpset, newestOpset)
	}
	if err := m.takeConstants(); err != nil {
		return port{}, "", err
	}
	if logits, err = m.findOutput(output); err != nil {
		return port{}, "", err
	}
	if err := m.prune(logits); err != nil {
		return port{}, "", err
	}
	logits = m.dropFinalSoftmax(logits)
	if err := m.checkOperators(); err != nil {
		return port{}, "", err
	}
	picture, err = m.findPicture(channelsLast)
	return picture, logits, err
}

// takeConstants turns nodes that are constants into initializers.
func (m *model) takeConstants() error {
	kept := m.nodes[:0]
	for _, n := range m.nodes {
		if n.op != "Constant" || n.domain != "" || len(n.outputs) != 1 {
			kept = append(kept, n)
			continue
		}
		t, err := n.constantTensor()
		if err != nil {
			return fmt.Errorf("%s: %w", n, err)
		}
		t.name = n.outputs[0]
		m.initializers = append(m.initializers, t)
	}
	m.nodes = kept
	return nil
}

// constantTensor is the value of a Constant node in any of its forms.
func (n *node) constantTensor() (*storedTensor, error) {
	if len(n.attributes) != 1 {
		return nil, errors.New("wanted is one value")
	}
	for name, a := range n.attributes {
		switch name {
		case "value":
			if a.kind == kindTensor {
				t := *a.t
				return &t, nil
			}
		case "value_int", "value_ints", "value_float", "value_floats":
			c := &constant{}
			switch a.kind {
			case kindInt:
				c.kind, c.ints = integer, []int64{a.i}
			case kindInts:
				c.kind, c.ints, c.dims = integer, a.ints, []int{len(a.ints)}
			case kindFloat:
				c.floats = []float32{a.f}
			case kindFloats:
				c.floats, c.dims = a.floats, []int{len(a.floats)}
			}
			if c.size() > 0 || len(c.dims) > 0 {
				return &storedTensor{dims: c.dims, size: c.size(), decoded: c}, nil
			}
		}
		return nil, fmt.Errorf("attribute %q of type %d is not supported", name, a.kind)
	}
	return nil, nil // not reached: there is one attribute
}

func (m *model) findOutput(name string) (string, error) {
	names := make([]string, len(m.outputs))
	for i, o := range m.outputs {
		names[i] = o.name
	}
	switch {
	case len(names) == 0:
		return "", errors.New("the model has no output")
	case name == "":
		return names[0], nil
	case !slices.Contains(names, name):
		return "", fmt.Errorf("the model has no output %q; it has %q", name, names)
	}
	return name, nil
}

// prune drops what the logits don't need. It fails where something is made twice, or used before it is made, which is
// how a cycle shows.
func (m *model) prune(logits string) error {
	made := map[string]bool{}
	for _, t := range m.initializers {
		if t.name == "" || made[t.name] {
			return fmt.Errorf("tensor %q has no name, or comes twice", t.name)
		}
		made[t.name] = true
	}
	for _, p := range m.inputs {
		made[p.name] = true // old files list the initializers as inputs too
	}
	maker := map[string]*node{}
	for _, n := range m.nodes {
		for _, name := range n.inputs {
			if name != "" && !made[name] {
				return fmt.Errorf("%s uses %q, which nothing before it makes: the file is damaged, or its nodes go round in a circle", n, name)
			}
		}
		for _, name := range n.outputs {
			if name == "" {
				continue
			}
			if made[name] {
				return fmt.Errorf("%s makes %q, which is there already", n, name)
			}
			made[name], maker[name] = true, n
		}
	}
	if !made[logits] {
		return fmt.Errorf("nothing makes the output %q", logits)
	}
	needed, wanted := map[*node]bool{}, map[string]bool{logits: true}
	for i := len(m.nodes) - 1; i >= 0; i-- { // each node stands after those that it needs
		n := m.nodes[i]
		if !slices.ContainsFunc(n.outputs, func(name string) bool { return name != "" && wanted[name] }) {
			continue
		}
		needed[n] = true
		for _, name := range n.inputs {
			wanted[name] = true
		}
	}
	m.nodes = slices.DeleteFunc(m.nodes, func(n *node) bool { return !needed[n] })
	m.initializers = slices.DeleteFunc(m.initializers, func(t *storedTensor) bool { return !wanted[t.name] })
	m.inputs = slices.DeleteFunc(m.inputs, func(p port) bool { return !wanted[p.name] })
	return nil
}

// dropFinalSoftmax takes what a last Softmax is computed of for the logits: classifiers here give logits.
func (m *model) dropFinalSoftmax(logits string) string {
	if len(m.nodes) == 0 {
		return logits
	}
	last := m.nodes[len(m.nodes)-1]
	if last.op != "Softmax" || len(last.inputs) != 1 || !slices.Contains(last.outputs, logits) {
		return logits
	}
	m.nodes = m.nodes[:len(m.nodes)-1]
	return last.inputs[0]
}

// checkOperators lists all nodes that can't be converted, at once.
func (m *model) checkOperators() error {
	var wrong []string
	for _, n := range m.nodes {
		o, known := operators[n.op]
		switch {
		case n.domain != "" && n.domain != "ai.onnx":
			wrong = append(wrong, fmt.Sprintf("%s of %q", n, n.domain))
		case !known:
			wrong = append(wrong, n.String())
		case len(n.inputs) < o.fewest || len(n.inputs) > o.most:
			wrong = append(wrong, fmt.Sprintf("%s with %d inputs", n, len(n.inputs)))
		case len(n.outputs) == 0:
			wrong = append(wrong, fmt.Sprintf("%s without outputs", n))
		}
	}
	if wrong == nil {
		return nil
	}
	const most = 100
	more := ""
	if len(wrong) > most {
		more = fmt.Sprintf("\n  and %d more", len(wrong)-most)
		wrong = wrong[:most]
	}
	return fmt.Errorf("operators that are not supported:\n  %s%s", strings.Join(wrong, "\n  "), more)
}

// findPicture returns the one input that isn't an initializer.
func (m *model) findPicture(channelsLast bool) (port, error) {
	stored := map[string]bool{}
	for _, t := range m.initializers {
		stored[t.name] = true
	}
	inputs := slices.DeleteFunc(slices.Clone(m.inputs), func(p port) bool { return stored[p.name] })
	if len(inputs) != 1 {
		return port{}, fmt.Errorf("the output needs %d inputs; a picture classifier has one", len(inputs))
	}
	p := inputs[0]
	layout, channels := "[batch, channels, height, width]", 1
	if channelsLast {
		layout, channels = "[batch, height, width, channels]", 3
	}
	if k, err := kindOf(p.elements); err != nil || k != float || len(p.dims) != 4 {
		return port{}, fmt.Errorf("input %q has type %d and shape %v; wanted are floats %s", p.name, p.elements, p.dims, layout)
	}
	if c := p.dims[channels]; c != 1 && c != 3 {
		return port{}, fmt.Errorf("input %q has shape %v; wanted is %s with 1 or 3 channels", p.name, p.dims, layout)
	}
	return p, nil
}
