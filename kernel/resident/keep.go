package resident

import (
	"github.com/gomlx/compute"
	"github.com/pkg/errors"

	"otherwise/kernel/wire"
)

// Keep keeps buffers on the engine under a name, beyond the life of this process, in place of what had the name. The
// meta data is given back by Attach. The buffers stay valid here too.
func (b *Backend) Keep(name string, meta []byte, buffers []compute.Buffer) error {
	request := wire.Keep{Name: name, Meta: meta, IDs: make([]uint64, len(buffers))}
	for i, any := range buffers {
		buf, err := b.mine(any)
		if err != nil {
			return errors.WithMessagef(err, "keeping %q", name)
		}
		request.IDs[i] = buf.ID
	}
	return errors.WithMessagef(b.client.call(wire.KindKeep, request, nil, nil, nil), "keeping %q", name)
}

// Attach gives what is kept under a name. Without such a name, found is false.
func (b *Backend) Attach(name string) (meta []byte, buffers []compute.Buffer, found bool, err error) {
	var r wire.Attached
	if err := b.client.call(wire.KindAttach, wire.Attach{Name: name}, nil, &r, nil); err != nil {
		return nil, nil, false, errors.WithMessagef(err, "looking for %q", name)
	}
	for _, w := range r.Buffers {
		buffers = append(buffers, b.newBuffer(w))
	}
	return r.Meta, buffers, r.Found, nil
}

// Drop forgets a name, all names where it is empty, and says how many were forgotten.
func (b *Backend) Drop(name string) (int, error) {
	var r wire.Dropped
	err := b.client.call(wire.KindDrop, wire.Drop{Name: name}, nil, &r, nil)
	return r.Count, errors.WithMessage(err, "dropping kept models")
}

// Status describes the engine.
func (b *Backend) Status() (wire.Status, error) {
	var r wire.Status
	err := b.client.call(wire.KindStatus, nil, nil, &r, nil)
	return r, errors.WithMessage(err, "asking for the engine's status")
}

// Restart ends the engine; its launcher starts a new one. Everything on the device is lost.
func (b *Backend) Restart() error {
	return errors.WithMessage(b.client.call(wire.KindRestart, nil, nil, nil, nil), "restarting the engine")
}
