package resident

import (
	"fmt"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

// Name is the backend's name in GOMLX_BACKEND.
const Name = "resident"

func init() {
	compute.Register(Name, func(config string) (compute.Backend, error) { return New(config) })
}

// Backend is an engine's backend, used from this process. It is safe for concurrent use.
type Backend struct {
	client       *client
	capabilities compute.Capabilities
	inferred     memo
	finalized    atomic.Bool
}

var _ compute.Backend = (*Backend)(nil)

// New connects to the engine at an address, unix:/path/to/socket.
func New(address string) (*Backend, error) {
	c, err := dial(address)
	if err != nil {
		return nil, err
	}
	w := c.welcome
	caps := compute.Capabilities{Operations: map[compute.OpType]bool{}, DTypes: map[dtypes.DType]bool{},
		Functions: w.Functions, PreferConstantsForVariables: w.PreferConstants}
	for _, op := range w.Operations {
		caps.Operations[op] = true
	}
	for _, dtype := range w.DTypes {
		caps.DTypes[dtype] = true
	}
	return &Backend{client: c, capabilities: caps}, nil
}

// Name is "resident".
func (b *Backend) Name() string { return Name }

// String is the name.
func (b *Backend) String() string { return Name }

// Description says what the engine computes with.
func (b *Backend) Description() string {
	return fmt.Sprintf("%s, in the engine at %s", b.client.welcome.Description, b.client.path)
}

// Engine identifies the engine's process: another one has none of the buffers and programs of this one.
func (b *Backend) Engine() string { return b.client.welcome.Engine }

// NumDevices is that of the engine's backend.
func (b *Backend) NumDevices() int { return len(b.client.welcome.DeviceDescriptions) }

// DeviceDescription describes one of the engine's devices.
func (b *Backend) DeviceDescription(device compute.DeviceNum) string {
	all := b.client.welcome.DeviceDescriptions
	if device < 0 || int(device) >= len(all) {
		return fmt.Sprintf("no device %d", device)
	}
	return all[device]
}

// Capabilities are those of the engine's backend.
func (b *Backend) Capabilities() compute.Capabilities { return b.capabilities.Clone() }

// Builder begins a computation.
func (b *Backend) Builder(name string) compute.Builder { return newBuilder(b, name) }

// BufferFromFlatData sends values to a device.
func (b *Backend) BufferFromFlatData(device compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	dtype, memory, err := program.FlatBytes(flat)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	if dtype.GoType() != shape.DType.GoType() || len(memory) != int(shape.ByteSize()) {
		return nil, errors.Errorf("%d bytes of %s are no values of shape %s, which takes %d", len(memory), dtype, shape, shape.ByteSize())
	}
	var r wire.Buffer
	if err := b.client.call(wire.KindPut, wire.Put{Device: int(device), Shape: shape}, memory, &r, nil); err != nil {
		return nil, errors.WithMessagef(err, "sending a tensor of shape %s", shape)
	}
	return b.newBuffer(r), nil
}

// HasSharedBuffers is false: the engine's memory isn't this process's.
func (b *Backend) HasSharedBuffers() bool { return false }

// NewSharedBuffer isn't possible.
func (b *Backend) NewSharedBuffer(compute.DeviceNum, shapes.Shape) (compute.Buffer, any, error) {
	return nil, nil, errors.Errorf("backend %s has no shared buffers", Name)
}

// Finalize closes the connections, which frees what this process holds on the engine and nobody kept.
func (b *Backend) Finalize() {
	if !b.finalized.Swap(true) {
		b.client.close()
	}
}

// IsFinalized reports whether Finalize was called.
func (b *Backend) IsFinalized() bool { return b.finalized.Load() }
