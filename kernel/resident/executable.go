package resident

import (
	"runtime"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"otherwise/kernel/wire"
)

// executable is a reference to a program on the engine.
type executable struct {
	backend *Backend
	name    string
	wire.Program
	gone    atomic.Bool
	cleanup runtime.Cleanup
}

var _ compute.Executable = (*executable)(nil)

func newExecutable(b *Backend, name string, p wire.Program) *executable {
	e := &executable{backend: b, name: name, Program: p}
	e.cleanup = runtime.AddCleanup(e, b.client.freeProgram, p.ID)
	return e
}

// Finalize gives the program back. The engine keeps it for the next who builds the same.
func (e *executable) Finalize() {
	if !e.gone.Swap(true) {
		e.cleanup.Stop()
		e.backend.client.freeProgram(e.ID)
	}
}

// Inputs are the parameters' names and shapes.
func (e *executable) Inputs() ([]string, []shapes.Shape) { return e.InputNames, e.InputShapes }

// Outputs are the results' shapes.
func (e *executable) Outputs() []shapes.Shape { return e.Program.Outputs }

// Execute runs the program on the engine. The results stay there.
func (e *executable) Execute(inputs []compute.Buffer, donate []bool, device compute.DeviceNum) ([]compute.Buffer, error) {
	if e.gone.Load() {
		return nil, errors.Errorf("computation %q was finalized", e.name)
	}
	request := wire.Execute{Program: e.ID, Inputs: make([]uint64, len(inputs)), Device: int(device)}
	if len(donate) != 0 && len(donate) != len(inputs) {
		return nil, errors.Errorf("computation %q: %d donate flags for %d inputs", e.name, len(donate), len(inputs))
	}
	var donated []*buffer
	for i, in := range inputs {
		b, err := e.backend.mine(in)
		if err != nil {
			return nil, errors.WithMessagef(err, "computation %q, input %d", e.name, i)
		}
		request.Inputs[i] = b.ID
		if len(donate) != 0 && donate[i] {
			if request.Donate == nil {
				request.Donate = make([]byte, (len(inputs)+7)/8)
			}
			request.Donate[i/8] |= 1 << (i % 8)
			donated = append(donated, b)
		}
	}
	for _, b := range donated {
		b.forget()
	}
	var r wire.Executed
	err := e.backend.client.call(wire.KindExecute, request, nil, &r, nil)
	runtime.KeepAlive(inputs)
	if err != nil {
		for _, b := range donated { // unless it was used up all the same
			e.backend.client.freeBuffer(b.ID)
		}
		return nil, errors.WithMessagef(err, "running computation %q", e.name)
	}
	return e.results(r, int(device))
}

func (e *executable) results(r wire.Executed, device int) ([]compute.Buffer, error) {
	shapes := e.Program.Outputs
	if len(shapes) == 0 && len(r.Outputs) > 0 || len(shapes) > 0 && len(r.Outputs)%len(shapes) != 0 || r.Devices != nil && len(r.Devices) != len(r.Outputs) {
		return nil, errors.Errorf("computation %q: the engine gave %d results, expected %d", e.name, len(r.Outputs), len(shapes))
	}
	out := make([]compute.Buffer, len(r.Outputs))
	for i, id := range r.Outputs {
		w := wire.Buffer{ID: id, Shape: shapes[i%len(shapes)], Device: device}
		if r.Devices != nil {
			w.Device = r.Devices[i]
		}
		out[i] = e.backend.newBuffer(w)
	}
	return out, nil
}
