// Package pickle reads the pickles in PyTorch's files without running anything.
//
// A pickle is a program for a machine with a stack. This machine builds plain values only. Where Python would import a
// name it keeps the name, and where Python would call it, it asks a [Handler], which knows the few calls that rebuild
// tensors. Lengths are compared with what is left of the file before memory is asked for, and all values together are
// bounded. Source: Python's Lib/pickletools.py, protocols 1 to 5.
package pickle

import (
	"fmt"

	"otherwise/weights/internal/refuse"
)

// Handler gives a meaning to what goes beyond plain values.
type Handler struct {
	// Call returns what calling a function or a class would return. It refuses what it does not know.
	Call func(callee Global, args Tuple) (any, error)
	// Persistent returns the value that stands outside of the pickle under id.
	Persistent func(id any) (any, error)
}

const (
	// maxMemory bounds what all values of one pickle take, by a rough count. Stable Diffusion's takes 3 MB.
	maxMemory = 256 << 20
	// valueSize is counted for each value beside its bytes: interfaces on stacks and in memos, headers of slices and maps.
	valueSize = 96
	// highestProtocol is that of Python 3.8 and later.
	highestProtocol = 5
)

type machine struct {
	*Reader
	handler Handler
	stack   []any
	marks   []int // heights of the stack
	memo    map[uint64]any
	memory  int64 // what was counted so far
}

// Decode reads one pickle.
func Decode(r *Reader, handler Handler) (any, error) {
	m := &machine{Reader: r, handler: handler, memo: map[uint64]any{}}
	for {
		at := m.at
		op, err := m.byte()
		if err != nil {
			return nil, err
		}
		if op == opStop {
			return m.result()
		}
		if err := m.execute(op); err != nil {
			return nil, fmt.Errorf("pickle, byte %d: %w", at, err)
		}
	}
}

func (m *machine) result() (any, error) {
	if len(m.stack) != 1 || len(m.marks) != 0 {
		return nil, refuse.Errorf(refuse.ErrMalformed, "pickle: %d values and %d marks are on the stack at the end, want 1 and 0", len(m.stack), len(m.marks))
	}
	return m.stack[0], nil
}

func (m *machine) push(value any) error {
	if err := m.count(valueSize); err != nil {
		return err
	}
	m.stack = append(m.stack, value)
	return nil
}

// count adds to the memory that values take.
func (m *machine) count(n int) error {
	if m.memory += int64(n); m.memory > maxMemory {
		return refuse.Errorf(refuse.ErrTooLarge, "the values take more than %d MiB", maxMemory>>20)
	}
	return nil
}

// floor is the height of the stack that may not be popped: what lies below the last mark belongs to another opcode.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) pop() (any, error) {
	values, err := m.popN(1)
	if err != nil {
		return nil, err
	}
	return values[0], nil
}

// popN pops n values; the result is valid until the next push.
func (m *machine) popN(n int) ([]any, error) {
	height := len(m.stack) - n
	if height < m.floor() {
		return nil, refuse.Errorf(refuse.ErrMalformed, "the opcode takes %d values, the stack has %d", n, len(m.stack)-m.floor())
	}
	values := m.stack[height:]
	m.stack = m.stack[:height]
	return values, nil
}

// popMark pops the values above the last mark, and the mark; the result is valid until the next push.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, refuse.Errorf(refuse.ErrMalformed, "the opcode takes the values above a mark, but there is no mark")
	}
	values := m.stack[m.floor():]
	m.stack = m.stack[:m.floor()]
	m.marks = m.marks[:len(m.marks)-1]
	return values, nil
}

// top returns the value that the next pop would return.
func (m *machine) top() (any, error) {
	if len(m.stack) == m.floor() {
		return nil, refuse.Errorf(refuse.ErrMalformed, "the opcode takes a value, the stack has none")
	}
	return m.stack[len(m.stack)-1], nil
}

// remember stores the top of the stack in the memo.
func (m *machine) remember(index uint64) error {
	value, err := m.top()
	if err != nil {
		return err
	}
	m.memo[index] = value
	return m.count(valueSize)
}

func (m *machine) recall(index uint64) error {
	value, found := m.memo[index]
	if !found {
		return refuse.Errorf(refuse.ErrMalformed, "the memo has no value %d", index)
	}
	return m.push(value)
}

// call replaces callee and args by what the handler returns for them.
func (m *machine) call(callee, args any) error {
	global, ok := callee.(Global)
	if !ok {
		return refuse.Errorf(refuse.ErrForbidden, "a %s is called", kind(callee))
	}
	tuple, ok := args.(Tuple)
	if !ok {
		return refuse.Errorf(refuse.ErrMalformed, "%s is called with a %s, want a tuple", global, kind(args))
	}
	// What the handler makes can be as large as its arguments, which a short pickle can pass again and again.
	if err := m.count(weigh(tuple)); err != nil {
		return err
	}
	value, err := m.handler.Call(global, tuple)
	if err != nil {
		return err
	}
	return m.push(value)
}

// weigh counts the values in args and one level below.
func weigh(args Tuple) int {
	n := len(args)
	for _, arg := range args {
		switch arg := arg.(type) {
		case Tuple:
			n += len(arg)
		case *List:
			n += len(arg.Items)
		case *Dict:
			n += len(arg.Keys)
		}
	}
	return n * valueSize
}

// build gives an object attributes, which are dropped.
func (m *machine) build() error {
	values, err := m.popN(2)
	if err != nil {
		return err
	}
	object := values[0]
	switch object.(type) {
	case *Object, *Dict:
		return m.push(object)
	}
	return refuse.Errorf(refuse.ErrForbidden, "the state of a %s is set", kind(object))
}
