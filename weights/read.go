package weights

import (
	"fmt"
	"runtime"
	"sync"
)

// read calls use with the bytes of a tensor in row-major order, whole elements at a time. at counts the bytes that
// stand before a piece in the tensor; the pieces come in any order, from several goroutines at once where the tensor is
// large. A piece is valid during the call only.
func (f *File) read(e *entry, use func(at int, piece []byte) error) error {
	err := f.readParts(e, use)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", e.name, err)
	}
	return nil
}

func (f *File) readParts(e *entry, use func(at int, piece []byte) error) error {
	if e.strides != nil {
		return f.gather(e, use)
	}
	begin, end := f.dataAt+e.begin, f.dataAt+e.end
	part := partSize(end - begin)
	errs := make(chan error, (end-begin+part)/part)
	var parts sync.WaitGroup
	for from := begin; from < end; from += part {
		to := min(from+part, end)
		readPart := func() {
			at := int(from - begin)
			errs <- f.source.pieces(from, to, func(piece []byte) error {
				err := use(at, piece)
				at += len(piece)
				return err
			})
		}
		if to == end {
			readPart()
		} else {
			parts.Go(readPart)
		}
	}
	parts.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// partSize says how a tensor of size bytes is divided among processors: a multiple of 8 bytes, so that no element is.
func partSize(size int64) int64 {
	const worthwhile = 4 << 20 // starting a goroutine takes longer than copying a small tensor
	workers := min(int64(runtime.GOMAXPROCS(0)), size/worthwhile)
	if workers < 2 {
		return max(size, 1)
	}
	return (size/workers + 8) &^ 7
}

// gather puts the elements of a view together that do not lie one after the other.
func (f *File) gather(e *entry, use func(at int, piece []byte) error) error {
	covered := make([]byte, e.end-e.begin)
	if err := readFull(f.source, covered, f.dataAt+e.begin); err != nil {
		return err
	}
	width := e.dtype.Size()
	out := make([]byte, 0, e.size())
	// The last axis is a loop, the others are an index that counts up like an odometer.
	last := len(e.shape) - 1
	index := make([]int, last)
	for {
		at := 0
		for axis, i := range index {
			at += i * e.strides[axis]
		}
		for i := range e.shape[last] {
			first := (at + i*e.strides[last]) * width
			out = append(out, covered[first:first+width]...)
		}
		axis := last - 1
		for ; axis >= 0; axis-- {
			if index[axis]++; index[axis] < e.shape[axis] {
				break
			}
			index[axis] = 0
		}
		if axis < 0 {
			return use(0, out)
		}
	}
}
