package weights

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapping is a file mapped into memory.
//
// Where another process truncates the file, touching what is gone raises a signal that would end this process. So the
// mapped bytes never leave this type but for the time of a call, which turns the signal into an error; and because the
// rest of the last page then reads as zeros without a signal, the file's size is looked at after every read. The bytes
// themselves can change as those of any open file can.
type mapping struct {
	disk *os.File
	data []byte

	mu sync.RWMutex // held for writing while data is unmapped
}

// mapFile maps size bytes of a file, which is closed with the mapping. Not all file systems can.
func mapFile(disk *os.File, size int64) (region, io.Closer, error) {
	if size == 0 || size != int64(int(size)) {
		return nil, nil, fmt.Errorf("%d bytes cannot be mapped", size)
	}
	data, err := unix.Mmap(int(disk.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("mapping a file: %w", err)
	}
	m := &mapping{disk: disk, data: data}
	return m, m, nil
}

// window is how much is brought into memory at once, and let go when it was used: a network is read without ever
// holding its file beside it.
const window = 2 << 20

func (m *mapping) pieces(begin, end int64, use func([]byte) error) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.data == nil {
		return fmt.Errorf("reading a file of weights: %w", os.ErrClosed)
	}
	for at := begin; at < end; at += window {
		if err := m.piece(at, min(at+window, end), use); err != nil {
			return err
		}
	}
	return m.stillThere(end)
}

func (m *mapping) piece(begin, end int64, use func([]byte) error) (err error) {
	pages := m.data[begin&^int64(os.Getpagesize()-1) : end]
	// One call for all pages is faster than a fault for each. Older kernels don't know it and fault; a file that was
	// truncated fails here and is dealt with below.
	_ = unix.Madvise(pages, unix.MADV_POPULATE_READ)
	defer func() { _ = unix.Madvise(pages, unix.MADV_DONTNEED) }()

	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		if at, ok := fault.(interface{ Addr() uintptr }); !ok || !m.contains(at.Addr()) {
			panic(fault)
		}
		if err = m.stillThere(end); err == nil {
			err = errors.New("the file cannot be read: its disk or its network failed")
		}
	}()
	return use(m.data[begin:end:end])
}

// stillThere returns an error if the file has become shorter than end.
func (m *mapping) stillThere(end int64) error {
	info, err := m.disk.Stat()
	if err != nil {
		return err
	}
	if info.Size() < end {
		return truncatedBy(end - info.Size())
	}
	return nil
}

// ReadAt copies out of the mapping, in the way of [io.ReaderAt].
func (m *mapping) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, errors.New("a negative offset")
	}
	end := min(offset+int64(len(p)), int64(len(m.data)))
	if offset >= end {
		return 0, io.EOF
	}
	n := 0
	err := m.pieces(offset, end, func(piece []byte) error {
		n += copy(p[n:], piece)
		return nil
	})
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

func (m *mapping) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.data == nil {
		return nil
	}
	err := unix.Munmap(m.data)
	m.data = nil
	return errors.Join(err, m.disk.Close())
}

// contains reports whether the address of a fault lies in the mapping.
func (m *mapping) contains(address uintptr) bool {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(m.data)))
	return address >= start && address < start+uintptr(len(m.data))
}
