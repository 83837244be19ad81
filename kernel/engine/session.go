package engine

import (
	"fmt"
	"sync"

	"otherwise/kernel/wire"
)

// session is a client: what it holds, until its last connection is closed.
type session struct {
	token  string
	client string
	pid    int

	mu          sync.Mutex
	connections int
	ended       bool
	buffers     map[uint64]*buffer
	programs    map[uint64]held
}

// held is a program with the number of times that the client was given it.
type held struct {
	program *compiled
	times   int
}

func newSession(token string, hello wire.Hello) *session {
	return &session{token: token, client: hello.Client, pid: hello.PID, connections: 1,
		buffers: map[uint64]*buffer{}, programs: map[uint64]held{}}
}

// own gives the session a reference that the caller has, under a number.
func (s *session) own(id uint64, b *buffer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return errSessionEnded
	}
	s.buffers[id] = b
	return nil
}

// disown takes a buffer, with its reference, from the session.
func (s *session) disown(id uint64) (*buffer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, found := s.buffers[id]
	if !found {
		return nil, unknownBuffer(id)
	}
	delete(s.buffers, id)
	return b, nil
}

// find looks buffers up and adds a reference to each.
func (s *session) find(store *store, ids []uint64) ([]*buffer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make([]*buffer, len(ids))
	for i, id := range ids {
		b, ok := s.buffers[id]
		if !ok {
			for _, earlier := range found[:i] {
				store.release(earlier)
			}
			return nil, unknownBuffer(id)
		}
		store.acquire(b)
		found[i] = b
	}
	return found, nil
}

func unknownBuffer(id uint64) error {
	return fmt.Errorf("the engine has no buffer %d for this client: it was freed or used up", id)
}

// hold notes that the client was given a program, whose reference passes to the session.
func (s *session) hold(c *compiled) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return errSessionEnded
	}
	h := s.programs[c.id]
	s.programs[c.id] = held{c, h.times + 1}
	return nil
}

// program finds a program that the client was given and adds a reference to it, for an execution.
func (s *session) program(programs *programs, id uint64) (*compiled, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, found := s.programs[id]
	if !found {
		return nil, unknownProgram(id)
	}
	programs.acquire(h.program)
	return h.program, nil
}

func unknownProgram(id uint64) error {
	return fmt.Errorf("the engine has no program %d for this client: it was released", id)
}

// drop takes a program back once.
func (s *session) drop(id uint64) (*compiled, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, found := s.programs[id]
	if !found {
		return nil, unknownProgram(id)
	}
	if h.times--; h.times == 0 {
		delete(s.programs, id)
	} else {
		s.programs[id] = h
	}
	return h.program, nil
}

// end frees everything that the session holds.
func (s *session) end(store *store, programs *programs) {
	s.mu.Lock()
	s.ended = true
	buffers, held := s.buffers, s.programs
	s.buffers, s.programs = nil, nil
	s.mu.Unlock()
	for _, b := range buffers {
		store.release(b)
	}
	for _, h := range held {
		for range h.times {
			programs.release(h.program)
		}
	}
}

// describe is the session for a status.
func (s *session) describe() wire.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := wire.Session{Client: s.client, PID: s.pid, Buffers: len(s.buffers)}
	for _, b := range s.buffers {
		d.Bytes += b.bytes()
	}
	return d
}
