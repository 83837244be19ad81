package nn

import (
	"fmt"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
)

// GraphFunc builds a computation from the parameters of its networks and its arguments. It may panic as GoMLX does.
type GraphFunc func(nets []Scope, args []*Node) []*Node

// Program is a graph function that is compiled once for each combination of argument shapes and kept. It is safe for
// concurrent use.
type Program struct {
	backend compute.Backend
	name    string
	build   GraphFunc

	mu       sync.Mutex
	compiled map[string]*executable
}

// executable is a compiled graph. Its inputs are the arguments, then the parameters in the order of weights.
type executable struct {
	graph   *Graph
	weights []weightInput
}

type weightInput struct {
	net  int
	name string
	node *Node
}

// NewProgram names a graph function for the given backend; compiling waits for the first call.
func NewProgram(backend compute.Backend, name string, build GraphFunc) *Program {
	return &Program{backend: backend, name: name, build: build, compiled: map[string]*executable{}}
}

// Call runs the program on the given networks and arguments. An argument is a *tensors.Tensor or a Go scalar or slice.
// Networks of one position must have the same parameters at each call. The results stay on the device until read.
func (p *Program) Call(nets []*Params, args ...any) ([]*tensors.Tensor, error) {
	inputs := make([]*tensors.Tensor, len(args))
	for i, arg := range args {
		t, ok := arg.(*tensors.Tensor)
		if !ok {
			var err error
			if t, err = tensors.FromAnyValue(arg); err != nil {
				return nil, fmt.Errorf("%s: argument %d: %w", p.name, i, err)
			}
			defer func() { _ = t.FinalizeAll() }() // ours alone: freed now rather than when collected
		}
		inputs[i] = t
	}
	exe, err := p.executable(nets, inputs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	values := make([]any, 0, exe.graph.NumParameters())
	for _, t := range inputs {
		values = append(values, t)
	}
	for _, w := range exe.weights {
		t := nets[w.net].Get(w.name)
		if t == nil || !t.Shape().Equal(w.node.Shape()) {
			return nil, fmt.Errorf("%s: network %d has no parameter %q of shape %s", p.name, w.net, w.name, w.node.Shape())
		}
		// Two first calls at once would otherwise race: GoMLX looks at a tensor unlocked that the other call is just moving.
		if err := t.MaterializeOnDevice(p.backend, true, 0); err != nil {
			return nil, fmt.Errorf("%s: moving %q to %s: %w", p.name, w.name, p.backend.Name(), err)
		}
		values = append(values, t)
	}
	var out []*tensors.Tensor
	if err := exceptions.TryCatch[error](func() { out = exe.graph.Run(values...) }); err != nil {
		return nil, fmt.Errorf("%s: running on %s: %w", p.name, p.backend.Name(), err)
	}
	return out, nil
}

// Call1 is Call for a program with one result.
func (p *Program) Call1(nets []*Params, args ...any) (*tensors.Tensor, error) {
	out, err := p.Call(nets, args...)
	if err != nil {
		return nil, err
	}
	if len(out) != 1 {
		return nil, fmt.Errorf("%s gives %d results, wanted 1", p.name, len(out))
	}
	return out[0], nil
}

func (p *Program) executable(nets []*Params, args []*tensors.Tensor) (*executable, error) {
	var key strings.Builder
	fmt.Fprintf(&key, "%d", len(nets))
	for _, t := range args {
		key.WriteString(t.Shape().String())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if exe, found := p.compiled[key.String()]; found {
		return exe, nil
	}
	exe, err := p.compile(nets, args)
	if err != nil {
		return nil, err
	}
	p.compiled[key.String()] = exe
	return exe, nil
}

func (p *Program) compile(nets []*Params, args []*tensors.Tensor) (*executable, error) {
	exe := &executable{graph: NewGraph(p.backend, p.name)}
	var compileErr error
	err := exceptions.TryCatch[error](func() {
		argNodes := make([]*Node, len(args))
		for i, t := range args {
			argNodes[i] = Parameter(exe.graph, fmt.Sprintf("arg%d", i), t.Shape())
		}
		scopes := make([]Scope, len(nets))
		for i, params := range nets {
			scopes[i] = Scope{source: &bound{exe: exe, net: i, params: params, nodes: map[string]*Node{}}}
		}
		outputs := p.build(scopes, argNodes)
		compileErr = exe.graph.Compile(outputs...)
	})
	if err == nil {
		err = compileErr
	}
	if err != nil {
		exe.graph.Finalize()
		return nil, fmt.Errorf("compiling: %w", err)
	}
	return exe, nil
}
