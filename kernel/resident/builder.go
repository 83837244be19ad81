package resident

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

// builder writes a computation down.
type builder struct {
	backend   *Backend
	name      string
	log       program.Log
	functions []*function
	values    int // how many there are
	compiled  bool
}

var _ compute.Builder = (*builder)(nil)

func newBuilder(backend *Backend, name string) *builder {
	b := &builder{backend: backend, name: name}
	b.log = program.Log{Value: b.valueNumber, Function: b.functionNumber}
	b.functions = []*function{{builder: b, name: compute.MainName}}
	return b
}

// value is what an operation gives.
type value struct {
	builder *builder
	id      int
	shape   shapes.Shape
}

func (b *builder) valueNumber(v compute.Value) (int, error) {
	own, err := b.own(v)
	if err != nil {
		return 0, err
	}
	return own.id, nil
}

func (b *builder) own(v compute.Value) (*value, error) {
	own, ok := v.(*value)
	if !ok || own == nil {
		return nil, errors.Errorf("an operand is a %T, not a value of backend %s", v, Name)
	}
	if own.builder != b {
		return nil, errors.Errorf("an operand of computation %q is used in %q", own.builder.name, b.name)
	}
	return own, nil
}

func (b *builder) functionNumber(f compute.Function) (int, error) {
	own, ok := f.(*function)
	if !ok || own == nil || own.builder != b {
		return 0, errors.Errorf("a function of another computation is used in %q", b.name)
	}
	return own.id, nil
}

// newValue numbers a result.
func (b *builder) newValue(shape shapes.Shape) *value {
	v := &value{builder: b, id: b.values, shape: shape}
	b.values++
	return v
}

func (b *builder) newFunction(name string, parent *function) *function {
	f := &function{builder: b, name: name, parent: parent, id: len(b.functions)}
	b.functions = append(b.functions, f)
	return f
}

// append writes a call down that gives no values.
func (b *builder) append(method string, receiver int, args ...any) error {
	if b.compiled {
		return errors.Errorf("computation %q is compiled already; nothing can be added to it", b.name)
	}
	m, found := program.Named(method)
	if !found {
		return errors.Errorf("there is no operation %s", method)
	}
	return errors.WithStack(b.log.Append(m, receiver, args...))
}

// Name is the computation's.
func (b *builder) Name() string { return b.name }

// Main is the function that is compiled.
func (b *builder) Main() compute.Function { return b.functions[0] }

// NewFunction begins a further function.
func (b *builder) NewFunction(name string) (compute.Function, error) {
	for _, f := range b.functions {
		if f.name == name || name == "" {
			return nil, errors.Errorf("function name %q is empty or taken", name)
		}
	}
	if err := b.append("NewFunction", 0, name); err != nil {
		return nil, err
	}
	return b.newFunction(name, nil), nil
}

// OpShape is the shape of a value.
func (b *builder) OpShape(v compute.Value) (shapes.Shape, error) {
	own, err := b.own(v)
	if err != nil {
		return shapes.Invalid(), err
	}
	return own.shape, nil
}

// DistributedSPMD is the engine's backend's.
func (b *builder) DistributedSPMD(devices int) error { return b.append("DistributedSPMD", 0, devices) }

// DistributedAutoSharding is the engine's backend's.
func (b *builder) DistributedAutoSharding(meshes ...compute.Mesh) error {
	return b.append("DistributedAutoSharding", 0, meshes)
}

// DeviceAssignment is the engine's backend's.
func (b *builder) DeviceAssignment(devices ...compute.DeviceNum) error {
	return b.append("DeviceAssignment", 0, devices)
}

// Compile has the engine compile the computation, unless it has done so before.
func (b *builder) Compile() (compute.Executable, error) {
	if !b.functions[0].returned {
		return nil, errors.Errorf("computation %q: the main function has not returned; call Return before Compile", b.name)
	}
	if b.compiled {
		return nil, errors.Errorf("computation %q is compiled already", b.name)
	}
	b.compiled = true
	log := b.log.Bytes()
	hash := program.Hash(log)
	var p wire.Program
	if err := b.backend.client.call(wire.KindLookup, wire.Lookup{Hash: hash}, nil, &p, nil); err != nil {
		return nil, errors.WithMessagef(err, "looking for computation %q", b.name)
	}
	if !p.Found {
		if err := b.backend.client.call(wire.KindCompile, wire.Compile{Hash: hash, Name: b.name}, log, &p, nil); err != nil {
			return nil, errors.WithMessagef(err, "compiling computation %q", b.name)
		}
	}
	return newExecutable(b.backend, b.name, p), nil
}
