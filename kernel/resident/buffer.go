package resident

import (
	"runtime"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

// buffer is a reference to one on the engine.
type buffer struct {
	backend *Backend
	wire.Buffer
	gone    atomic.Bool // freed or donated
	cleanup runtime.Cleanup
}

var _ compute.Buffer = (*buffer)(nil)

func (b *Backend) newBuffer(w wire.Buffer) *buffer {
	buf := &buffer{backend: b, Buffer: w}
	buf.cleanup = runtime.AddCleanup(buf, b.client.freeBuffer, w.ID)
	return buf
}

// mine gives a buffer of this backend that is still valid.
func (b *Backend) mine(any compute.Buffer) (*buffer, error) {
	buf, ok := any.(*buffer)
	if !ok || buf.backend != b {
		return nil, errors.Errorf("a buffer of backend %s was given to %s", any.Backend().Name(), Name)
	}
	if buf.gone.Load() {
		return nil, errors.Errorf("a buffer of shape %s is used after it was finalized or donated", buf.Buffer.Shape)
	}
	return buf, nil
}

// Backend is the one that the buffer belongs to.
func (b *buffer) Backend() compute.Backend { return b.backend }

// Finalize gives the buffer back.
func (b *buffer) Finalize() error {
	if b.forget() {
		b.backend.client.freeBuffer(b.ID)
	}
	return nil
}

// forget makes the buffer invalid here, and reports whether it was valid.
func (b *buffer) forget() bool {
	if b.gone.Swap(true) {
		return false
	}
	b.cleanup.Stop()
	return true
}

// Shape is the buffer's.
func (b *buffer) Shape() (shapes.Shape, error) {
	if _, err := b.backend.mine(b); err != nil {
		return shapes.Invalid(), err
	}
	return b.Buffer.Shape, nil
}

// DeviceNum is the device that the buffer is on.
func (b *buffer) DeviceNum() (compute.DeviceNum, error) {
	if _, err := b.backend.mine(b); err != nil {
		return 0, err
	}
	return compute.DeviceNum(b.Device), nil
}

// ToFlatData reads the values into a slice of their number and type.
func (b *buffer) ToFlatData(flat any) error {
	if _, err := b.backend.mine(b); err != nil {
		return err
	}
	dtype, memory, err := program.FlatBytes(flat)
	if err != nil {
		return errors.WithStack(err)
	}
	shape := b.Buffer.Shape
	if dtype.GoType() != shape.DType.GoType() || len(memory) != int(shape.ByteSize()) {
		return errors.Errorf("a buffer of shape %s (%d bytes) can't be read into %d bytes of %s", shape, shape.ByteSize(), len(memory), dtype)
	}
	err = b.backend.client.call(wire.KindGet, wire.Get{ID: b.ID}, nil, nil, memory)
	runtime.KeepAlive(b)
	return errors.WithMessagef(err, "reading a tensor of shape %s", shape)
}

// Data isn't possible: see [Backend.HasSharedBuffers].
func (b *buffer) Data() (any, error) {
	return nil, errors.Errorf("backend %s has no shared buffers", Name)
}

// CopyToDevice copies the buffer on the engine.
func (b *buffer) CopyToDevice(device compute.DeviceNum) (compute.Buffer, error) {
	if _, err := b.backend.mine(b); err != nil {
		return nil, err
	}
	var r wire.Buffer
	if err := b.backend.client.call(wire.KindCopy, wire.Copy{ID: b.ID, Device: int(device)}, nil, &r, nil); err != nil {
		return nil, errors.WithMessagef(err, "copying a tensor to device %d", device)
	}
	runtime.KeepAlive(b)
	return b.backend.newBuffer(r), nil
}
