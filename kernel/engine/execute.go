package engine

import (
	"fmt"

	"github.com/gomlx/compute"

	"otherwise/kernel/wire"
)

func (c *connection) execute(m wire.Execute) (any, error) {
	p, err := c.session.program(c.programs, m.Program)
	if err != nil {
		return nil, err
	}
	defer c.programs.release(p)
	if len(m.Donate) != 0 && len(m.Donate)*8 < len(m.Inputs) {
		return nil, fmt.Errorf("%w: %d bytes say which of %d inputs are donated", wire.ErrMalformed, len(m.Donate), len(m.Inputs))
	}
	in, err := c.inputs(m)
	if err != nil {
		return nil, err
	}
	defer in.finish(c.store)
	var expected int64
	for _, s := range p.outputs {
		expected += s.ByteSize()
	}
	room, err := c.store.reserve(expected)
	if err != nil {
		return nil, err
	}
	defer room.end()
	outputs, err := c.run(p, in, compute.DeviceNum(m.Device))
	if err != nil {
		return nil, err
	}
	return c.outputs(outputs, m.Device, room)
}

func (c *connection) run(p *compiled, in *inputs, device compute.DeviceNum) ([]compute.Buffer, error) {
	defer c.begin()()
	return p.exec.Execute(in.data, in.donate, device)
}

// inputs are an execution's, with a reference to each.
type inputs struct {
	buffers []*buffer // nil where the execution uses the buffer up
	used    []*buffer
	data    []compute.Buffer
	donate  []bool
}

func (c *connection) inputs(m wire.Execute) (*inputs, error) {
	buffers, err := c.session.find(c.store, m.Inputs)
	if err != nil {
		return nil, err
	}
	in := &inputs{buffers: buffers, data: make([]compute.Buffer, len(buffers))}
	for i, b := range buffers {
		in.data[i] = b.data
	}
	if len(m.Donate) == 0 {
		return in, nil
	}
	in.donate = make([]bool, len(buffers))
	for i, id := range m.Inputs {
		if m.Donate[i/8]>>(i%8)&1 == 0 {
			continue
		}
		b, err := c.session.disown(id)
		if err != nil {
			continue // given twice, or freed since: other references decide what becomes of it
		}
		c.store.release(b) // the session's reference; the execution has its own
		if in.donate[i] = c.store.takeOver(b); in.donate[i] {
			in.used, in.buffers[i] = append(in.used, b), nil
		}
	}
	return in, nil
}

// finish gives the references back and frees what was used up.
func (in *inputs) finish(store *store) {
	for _, b := range in.buffers {
		if b != nil {
			store.release(b)
		}
	}
	for _, b := range in.used {
		_ = b.data.Finalize() // what the backend took of it is gone already
	}
}

// outputs gives the session the results of an execution.
func (c *connection) outputs(outputs []compute.Buffer, device int, room *reservation) (any, error) {
	reply := wire.Executed{Outputs: make([]uint64, len(outputs))}
	for i, data := range outputs {
		b, err := c.own(data, device, room)
		if err != nil {
			for _, rest := range outputs[i+1:] {
				_ = rest.Finalize()
			}
			return nil, err
		}
		reply.Outputs[i] = b.ID
		if b.Device != device && reply.Devices == nil {
			reply.Devices = make([]int, len(outputs))
			for k := range i {
				reply.Devices[k] = device
			}
		}
		if reply.Devices != nil {
			reply.Devices[i] = b.Device
		}
	}
	return reply, nil
}
