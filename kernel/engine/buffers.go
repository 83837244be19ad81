package engine

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"otherwise/kernel/wire"
)

// buffer is one on the device with the number of its references. Only the store changes the count.
type buffer struct {
	data   compute.Buffer
	shape  shapes.Shape
	device int
	refs   int
}

func (b *buffer) bytes() int64 { return b.shape.ByteSize() }

// kept are buffers with a name.
type kept struct {
	meta    []byte
	buffers []*buffer
	made    time.Time
	used    time.Time
}

// store counts references to buffers and knows the names.
type store struct {
	mu       sync.Mutex
	bytes    int64
	reserved int64 // bytes of buffers that are being made
	limit    int64
	names    map[string]*kept
}

func newStore(limit int64) *store { return &store{limit: limit, names: map[string]*kept{}} }

// reservation is room for buffers that are being made, within the limit.
type reservation struct {
	store *store
	left  int64 // bytes
}

// reserve makes room, if there is any. The caller ends the reservation.
func (s *store) reserve(bytes int64) (*reservation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	used := s.bytes + s.reserved
	if bytes > s.limit-used {
		return nil, fmt.Errorf("the engine's memory is full: %s asked for, %s of %s in use; free tensors or drop kept models (kernel.Models lists them)",
			wire.SizeText(bytes), wire.SizeText(used), wire.SizeText(s.limit))
	}
	s.reserved += bytes
	return &reservation{s, bytes}, nil
}

// end gives back what wasn't used.
func (r *reservation) end() {
	r.store.mu.Lock()
	r.store.reserved -= r.left
	r.left = 0
	r.store.mu.Unlock()
}

// add takes a new buffer in, with one reference, into the room reserved for it.
func (s *store) add(data compute.Buffer, shape shapes.Shape, device int, room *reservation) *buffer {
	b := &buffer{data: data, shape: shape, device: device, refs: 1}
	s.mu.Lock()
	used := min(b.bytes(), room.left)
	room.left -= used
	s.reserved -= used
	s.bytes += b.bytes()
	s.mu.Unlock()
	return b
}

// acquire adds a reference.
func (s *store) acquire(b *buffer) {
	s.mu.Lock()
	b.refs++
	s.mu.Unlock()
}

// release takes a reference back; the last one frees the buffer.
func (s *store) release(b *buffer) {
	s.mu.Lock()
	b.refs--
	last := b.refs == 0
	if last {
		s.bytes -= b.bytes()
	}
	s.mu.Unlock()
	if last {
		_ = b.data.Finalize() // there is nobody left whom an error could matter to
	}
}

// takeOver prepares a buffer to be used up by an execution: that is possible where the caller's is the only reference.
// The buffer is then no longer the store's.
func (s *store) takeOver(b *buffer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.refs != 1 {
		return false
	}
	b.refs = 0
	s.bytes -= b.bytes()
	return true
}

// keep gives buffers a name, in place of what had it.
func (s *store) keep(name string, meta []byte, buffers []*buffer) {
	for _, b := range buffers {
		s.acquire(b)
	}
	now := time.Now()
	s.mu.Lock()
	before := s.names[name]
	s.names[name] = &kept{meta: slices.Clone(meta), buffers: buffers, made: now, used: now}
	s.mu.Unlock()
	s.letGo(before)
}

// attach finds a name and adds a reference to each of its buffers.
func (s *store) attach(name string) (meta []byte, buffers []*buffer, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, found := s.names[name]
	if !found {
		return nil, nil, false
	}
	k.used = time.Now()
	for _, b := range k.buffers {
		b.refs++
	}
	return k.meta, k.buffers, true
}

// drop forgets a name, or all names when it is empty, and says how many.
func (s *store) drop(name string) int {
	s.mu.Lock()
	var dropped []*kept
	for n, k := range s.names {
		if name == "" || n == name {
			dropped = append(dropped, k)
			delete(s.names, n)
		}
	}
	s.mu.Unlock()
	for _, k := range dropped {
		s.letGo(k)
	}
	return len(dropped)
}

func (s *store) letGo(k *kept) {
	if k == nil {
		return
	}
	for _, b := range k.buffers {
		s.release(b)
	}
}

// models describes the names, the newest first.
func (s *store) models() (list []wire.KeptModel, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, k := range s.names {
		m := wire.KeptModel{Name: name, Buffers: len(k.buffers), Age: time.Since(k.made), Unused: time.Since(k.used)}
		for _, b := range k.buffers {
			m.Bytes += b.bytes()
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b wire.KeptModel) int { return int(a.Age - b.Age) })
	return list, s.bytes
}
