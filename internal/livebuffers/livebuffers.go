// Package livebuffers counts what lives on a device, so that tests see whether work gives its memory back when it ends, however it ends.
package livebuffers

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// Backend is a backend that counts its buffers. What only the garbage collector frees counts as live: it doesn't see a device's
// memory, and comes too late.
type Backend struct {
	compute.Backend
	live, executed atomic.Int64
	executing      func(n int64) // told before each execution, from 1
}

// Wrap counts the buffers of a backend that are made through the result.
func Wrap(b compute.Backend) *Backend { return &Backend{Backend: b} }

// Live is how many buffers are on the device now.
func (b *Backend) Live() int { return int(b.live.Load()) }

// HasSharedBuffers is false: what the host writes to can't be counted.
func (b *Backend) HasSharedBuffers() bool { return false }

// BufferFromFlatData copies values to the device.
func (b *Backend) BufferFromFlatData(device compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	inner, err := b.Backend.BufferFromFlatData(device, flat, shape)
	if err != nil {
		return nil, err
	}
	return b.counted(inner), nil
}

// Builder builds a computation whose results are counted.
func (b *Backend) Builder(name string) compute.Builder {
	return &builder{Builder: b.Backend.Builder(name), backend: b}
}

func (b *Backend) counted(inner compute.Buffer) *buffer {
	b.live.Add(1)
	return &buffer{Buffer: inner, backend: b}
}

type buffer struct {
	compute.Buffer
	backend *Backend
	freed   atomic.Bool
}

func (b *buffer) Backend() compute.Backend { return b.backend }

func (b *buffer) Finalize() error {
	if b.freed.CompareAndSwap(false, true) {
		b.backend.live.Add(-1)
	}
	return b.Buffer.Finalize()
}

type builder struct {
	compute.Builder
	backend *Backend
}

func (b *builder) Compile() (compute.Executable, error) {
	inner, err := b.Builder.Compile()
	if err != nil {
		return nil, err
	}
	return &executable{Executable: inner, backend: b.backend}, nil
}

type executable struct {
	compute.Executable
	backend *Backend
}

func (e *executable) Execute(inputs []compute.Buffer, donate []bool, device compute.DeviceNum) ([]compute.Buffer, error) {
	inner := make([]compute.Buffer, len(inputs))
	for i, in := range inputs {
		inner[i] = in.(*buffer).Buffer
	}
	n := e.backend.executed.Add(1)
	if e.backend.executing != nil {
		e.backend.executing(n)
	}
	out, err := e.Executable.Execute(inner, donate, device)
	if err != nil {
		return nil, err
	}
	for i, given := range donate {
		if b := inputs[i].(*buffer); given && b.freed.CompareAndSwap(false, true) {
			e.backend.live.Add(-1)
		}
	}
	counted := make([]compute.Buffer, len(out))
	for i, o := range out {
		counted[i] = e.backend.counted(o)
	}
	return counted, nil
}

// CheckStops cancels a run at each of its executions in turn. Each time it must end with the context's error, or to its end if that
// is as near, after at most most further executions, and leave nothing on the device that wasn't there before. Weights, which the
// first run takes to the device, stay.
func CheckStops(t *testing.T, b *Backend, most int64, run func(ctx context.Context) error) {
	t.Helper()
	for range 2 { // the first compiles
		b.executed.Store(0)
		if err := run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	total, before := b.executed.Load(), b.Live()
	for _, k := range spread(total) {
		ctx, cancel := context.WithCancel(t.Context())
		b.executed.Store(0)
		b.executing = func(n int64) {
			if n == k {
				cancel()
			}
		}
		err := run(ctx)
		after := b.executed.Load() - k
		if !errors.Is(err, context.Canceled) && (err != nil || total-k > most) || after > most {
			t.Errorf("cancelled at execution %d of %d: %d more, error %v", k, total, after, err)
		}
		if live := b.Live(); live != before {
			t.Errorf("cancelled at execution %d of %d: %d buffers are on the device, %d before", k, total, live, before)
		}
		cancel()
	}
	b.executing = nil
	if err := run(t.Context()); err != nil || b.Live() != before {
		t.Errorf("after all: %d buffers, %d before, error %v", b.Live(), before, err)
	}
}

// spread are numbers from 1 to n: each of the first, and then fewer and fewer.
func spread(n int64) []int64 {
	var out []int64
	for k := int64(1); k <= n; k += 1 + k/6 {
		out = append(out, k)
	}
	return out
}
