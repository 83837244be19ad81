package resident

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"otherwise/kernel/origin"
)

// function writes down the operations made on it. Its operations are in gen_operations.go.
type function struct {
	builder  *builder
	id       int
	name     string
	parent   *function
	returned bool
	outputs  []shapes.Shape // once it returned
}

var _ compute.Function = (*function)(nil)

// Name is the function's, "" for a closure.
func (f *function) Name() string { return f.name }

// Builder is the one that the function belongs to.
func (f *function) Builder() compute.Builder { return f.builder }

// Parent is the function that a closure is in, nil for others.
func (f *function) Parent() compute.Function {
	if f.parent == nil {
		return nil
	}
	return f.parent
}

// Shape is the shape of a value.
func (f *function) Shape(v compute.Value) (shapes.Shape, error) { return f.builder.OpShape(v) }

// Closure begins a function inside this one.
func (f *function) Closure() (compute.Function, error) {
	if err := f.open("Closure"); err != nil {
		return nil, err
	}
	if err := f.builder.append("Closure", f.id); err != nil {
		return nil, err
	}
	return f.builder.newFunction("", f), nil
}

// Return ends the function.
func (f *function) Return(outputs []compute.Value, shardings []*compute.ShardingSpec) error {
	if err := f.open("Return"); err != nil {
		return err
	}
	var all []shapes.Shape
	for _, v := range outputs {
		s, err := f.builder.OpShape(v)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	if err := f.builder.append("Return", f.id, outputs, shardings); err != nil {
		return err
	}
	f.returned, f.outputs = true, all
	return nil
}

func (f *function) open(operation string) error {
	if f.returned {
		return errors.Errorf("%s: function %q has returned; nothing can be added to it", operation, f.name)
	}
	return nil
}

// record writes an operation down and makes the values that it gives: for each result the values, one but where the
// result is a list. An error begins with the line of the notebook's cell that asked for the operation.
func (f *function) record(method string, args ...any) ([][]compute.Value, error) {
	values, err := f.write(method, args)
	return values, origin.Mark(err)
}

func (f *function) write(method string, args []any) ([][]compute.Value, error) {
	if err := f.open(method); err != nil {
		return nil, err
	}
	results, err := f.infer(method, args)
	if err != nil {
		return nil, err
	}
	if err := f.builder.append(method, f.id, args...); err != nil {
		return nil, errors.WithMessage(err, method)
	}
	values := make([][]compute.Value, len(results))
	for i, list := range results {
		values[i] = make([]compute.Value, len(list))
		for k, s := range list {
			values[i][k] = f.builder.newValue(s)
		}
	}
	return values, nil
}
