package resident

import (
	"strconv"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

// infer gives the shapes of an operation's results: by a rule of this package, or by asking the engine, whose answers
// are remembered.
func (f *function) infer(method string, args []any) ([][]shapes.Shape, error) {
	if op, err := compute.OpTypeString(method); err == nil && !f.builder.backend.capabilities.Operations[op] && !structural[method] {
		return nil, errors.Wrapf(compute.ErrNotImplemented, "the engine's backend (%s) has no operation %s",
			f.builder.backend.client.welcome.Backend, method)
	}
	if rule, found := rules[method]; found {
		s, err := rule(f.builder, args)
		if err != nil {
			return nil, errors.WithMessage(err, method)
		}
		return s, nil
	}
	return f.ask(method, args)
}

// structural are the methods that take functions or make no operation of the backend's. Lists of operations leave them out
// where the backend has them: XLA's has no While, If and Sort.
var structural = map[string]bool{"Parameter": true, "Constant": true, "Call": true, "While": true, "If": true, "Sort": true}

// memo remembers what the engine answered.
type memo struct {
	mu    sync.Mutex
	known map[string]answer
}

type answer struct {
	results [][]shapes.Shape
	err     error
}

// ask has the engine make the operation alone, on parameters of the operands' shapes.
func (f *function) ask(method string, args []any) ([][]shapes.Shape, error) {
	log, err := f.alone(method, args)
	if err != nil {
		return nil, err
	}
	m := &f.builder.backend.inferred
	m.mu.Lock()
	a, found := m.known[string(log)]
	m.mu.Unlock()
	if found {
		return a.results, errors.WithStack(a.err)
	}
	var r wire.Inferred
	err = f.builder.backend.client.call(wire.KindInfer, wire.Infer{Log: log}, nil, &r, nil)
	if broken(err) {
		return nil, errors.WithStack(err)
	}
	a = answer{r.Results, err}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]answer{}
	}
	m.known[string(log)] = a
	return a.results, errors.WithStack(a.err)
}

// alone is a log of nothing but the operation: first a parameter for each operand.
func (f *function) alone(method string, args []any) ([]byte, error) {
	m, found := program.Named(method)
	if !found {
		return nil, errors.Errorf("there is no operation %s", method)
	}
	var operands []*value
	numbers := map[int]int{}
	number := func(v compute.Value) (int, error) {
		own, err := f.builder.own(v)
		if err != nil {
			return 0, err
		}
		n, known := numbers[own.id]
		if !known {
			n = len(operands)
			numbers[own.id] = n
			operands = append(operands, own)
		}
		return n, nil
	}
	noFunction := func(compute.Function) (int, error) {
		return 0, errors.Errorf("the shapes of %s depend on a function", method)
	}
	operation := program.Log{Value: number, Function: noFunction}
	if err := operation.Append(m, 0, args...); err != nil {
		return nil, errors.WithMessage(err, method)
	}
	parameter, _ := program.Named("Parameter")
	var all program.Log
	for i, v := range operands {
		if err := all.Append(parameter, 0, strconv.Itoa(i), v.shape, (*compute.ShardingSpec)(nil)); err != nil {
			return nil, err
		}
	}
	return append(all.Bytes(), operation.Bytes()...), nil
}
