package engine

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"otherwise/internal/hugepages"
	"otherwise/kernel/program"
	"otherwise/kernel/wire"
)

const (
	// maxLog bounds a program's log, constants included, in bytes.
	maxLog = 2 << 30
	// maxName bounds the names of what is kept, in bytes.
	maxName = 1000
)

func (c *connection) infer(m wire.Infer) (any, error) {
	results, err := program.Infer(c.Backend.Builder("shapes"), m.Log)
	return wire.Inferred{Results: results}, err
}

func (c *connection) lookup(m wire.Lookup) (any, error) {
	p, found := c.programs.lookup(m.Hash)
	if !found {
		return wire.Program{}, nil
	}
	return c.given(p)
}

func (c *connection) compile(m wire.Compile) (any, error) {
	log, err := c.readBlob(maxLog)
	if err != nil {
		return nil, err
	}
	if program.Hash(log) != m.Hash {
		return nil, fmt.Errorf("%w: the program isn't the one that its hash names", wire.ErrMalformed)
	}
	p, err := c.programs.compile(m.Hash, m.Name, log)
	if err != nil {
		return nil, err
	}
	return c.given(p)
}

// given passes the reference to a program that was just acquired to the session.
func (c *connection) given(p *compiled) (any, error) {
	if err := c.session.hold(p); err != nil {
		c.programs.release(p)
		return nil, err
	}
	return p.message(), nil
}

// own takes a backend's buffer in for the session, into the room reserved for it. It is freed when that fails.
func (c *connection) own(data compute.Buffer, device int, room *reservation) (wire.Buffer, error) {
	shape, err := data.Shape()
	if err == nil && c.Backend.NumDevices() > 1 {
		var at compute.DeviceNum
		at, err = data.DeviceNum()
		device = int(at)
	}
	if err != nil {
		_ = data.Finalize()
		return wire.Buffer{}, err
	}
	b, id := c.store.add(data, shape, device, room), c.lastID.Add(1)
	if err := c.session.own(id, b); err != nil {
		c.store.release(b)
		return wire.Buffer{}, err
	}
	return wire.Buffer{ID: id, Shape: shape, Device: device}, nil
}

// put reads the values straight into the device's memory where the backend allows it.
func (c *connection) put(m wire.Put) (any, error) {
	bytes, err := checkShape(m.Shape)
	if err != nil {
		return nil, err
	}
	if bytes != c.blob {
		return nil, fmt.Errorf("%w: %d bytes announced for %s, which takes %d", wire.ErrMalformed, c.blob, m.Shape, bytes)
	}
	room, err := c.store.reserve(bytes)
	if err != nil {
		return nil, errors.Join(err, c.skipBlob())
	}
	defer room.end()
	var data compute.Buffer
	var flat any
	if c.Backend.HasSharedBuffers() && bytes > 0 {
		data, flat, err = c.Backend.NewSharedBuffer(compute.DeviceNum(m.Device), m.Shape)
	} else {
		flat = dtypes.MakeAnySlice(m.Shape.DType, int(bytes)/m.Shape.DType.Size())
	}
	if err != nil {
		return nil, errors.Join(err, c.skipBlob())
	}
	_, memory, err := program.FlatBytes(flat)
	if err == nil {
		hugepages.Advise(memory)
		err = c.readInto(memory)
		program.RepairBools(m.Shape.DType, memory)
	}
	if data == nil && err == nil {
		data, err = c.Backend.BufferFromFlatData(compute.DeviceNum(m.Device), flat, m.Shape)
	}
	if err != nil {
		if data != nil {
			_ = data.Finalize()
		}
		return nil, err
	}
	return c.own(data, m.Device, room)
}

// get sends the values from where they are, if the backend lets them be read there.
func (c *connection) get(m wire.Get) (any, error) {
	found, err := c.session.find(c.store, []uint64{m.ID})
	if err != nil {
		return nil, err
	}
	b := found[0]
	release := func() { c.store.release(b) }
	memory, err := c.values(b)
	if err != nil {
		release()
		return nil, err
	}
	return answer{blob: memory, after: release}, nil
}

func (c *connection) values(b *buffer) ([]byte, error) {
	if b.bytes() == 0 {
		return nil, nil
	}
	var flat any
	var err error
	if c.Backend.HasSharedBuffers() {
		flat, err = b.data.Data()
	} else {
		flat = dtypes.MakeAnySlice(b.shape.DType, int(b.bytes())/b.shape.DType.Size())
		err = b.data.ToFlatData(flat)
	}
	if err != nil {
		return nil, err
	}
	_, memory, err := program.FlatBytes(flat)
	return memory, err
}

func (c *connection) copy(m wire.Copy) (any, error) {
	found, err := c.session.find(c.store, []uint64{m.ID})
	if err != nil {
		return nil, err
	}
	b := found[0]
	defer c.store.release(b)
	room, err := c.store.reserve(b.bytes())
	if err != nil {
		return nil, err
	}
	defer room.end()
	data, err := b.data.CopyToDevice(compute.DeviceNum(m.Device))
	if err != nil {
		return nil, err
	}
	return c.own(data, m.Device, room)
}

func (c *connection) free(m wire.Free) (any, error) {
	var failed []error
	for _, id := range m.IDs {
		if b, err := c.session.disown(id); err == nil { // else an execution used it up, of which the client heard that it failed
			c.store.release(b)
		}
	}
	for _, id := range m.Programs {
		p, err := c.session.drop(id)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		c.programs.release(p)
	}
	return nil, errors.Join(failed...)
}

func (c *connection) keep(m wire.Keep) (any, error) {
	if m.Name == "" || len(m.Name) > maxName {
		return nil, fmt.Errorf("a name of %d bytes; what is kept needs one of 1 to %d", len(m.Name), maxName)
	}
	buffers, err := c.session.find(c.store, m.IDs)
	if err != nil {
		return nil, err
	}
	c.store.keep(m.Name, m.Meta, buffers)
	for _, b := range buffers {
		c.store.release(b)
	}
	return nil, nil
}

func (c *connection) attach(m wire.Attach) (any, error) {
	meta, buffers, found := c.store.attach(m.Name)
	reply := wire.Attached{Found: found, Meta: meta}
	for _, b := range buffers {
		id := c.lastID.Add(1)
		if err := c.session.own(id, b); err != nil {
			c.store.release(b)
			continue // of a session that has ended nothing matters
		}
		reply.Buffers = append(reply.Buffers, wire.Buffer{ID: id, Shape: b.shape, Device: b.device})
	}
	return reply, nil
}

func (c *connection) drop(m wire.Drop) (any, error) {
	return wire.Dropped{Count: c.store.drop(m.Name)}, nil
}
