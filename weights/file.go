package weights

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"otherwise/internal/hugepages"
	"otherwise/weights/internal/refuse"
)

// File is an open file of tensors. Its methods may be called from several goroutines at once, except for Close.
type File struct {
	source   region
	closer   io.Closer
	dataAt   int64 // where the places in entries are counted from
	entries  []entry
	byName   map[string]*entry
	metadata map[string]string
}

// Open opens the safetensors file at path and checks its header. Tensors are read when they are asked for, straight
// into the memory that is returned or given. Files on Linux are mapped; one that is truncated later gives an error,
// not a crash.
func Open(path string) (*File, error) { return openPath(path, Read) }

// openPath opens a file and has read look at it.
func openPath(path string, read func(r io.ReaderAt, size int64) (*File, error)) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a named pipe would wait for ever
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	disk, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	source, closer, err := mapFile(disk, info.Size())
	if err != nil {
		source, closer = reader{disk}, disk
	}
	file, err := read(source, info.Size())
	if err != nil {
		closer.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	file.closer = closer
	return file, nil
}

// Parse reads a safetensors file that lies in memory, such as an embedded one. The File keeps data.
func Parse(data []byte) (*File, error) {
	return Read(newMemory(data), int64(len(data)))
}

// Read checks the header of a safetensors file of size bytes. The File keeps r and does not close it.
func Read(r io.ReaderAt, size int64) (*File, error) {
	var prefix [8]byte
	if size < int64(len(prefix)) {
		return nil, refuse.Errorf(ErrTruncated, "safetensors: %d bytes are too few for a file; it is truncated or of another kind", size)
	}
	if err := readFull(r, prefix[:], 0); err != nil {
		return nil, fmt.Errorf("safetensors: reading the header's length: %w", err)
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader {
		return nil, refuse.Errorf(ErrTooLarge, "safetensors: the header's length is given as %d bytes, at most %d are legal; this may be a file of another kind", length, maxHeader)
	}
	dataAt := int64(len(prefix)) + int64(length)
	if dataAt > size {
		return nil, refuse.Errorf(ErrTruncated, "safetensors: the header's length is given as %d bytes, but the file ends after %d; it is truncated", length, size-int64(len(prefix)))
	}
	header := make([]byte, length)
	if err := readFull(r, header, int64(len(prefix))); err != nil {
		return nil, fmt.Errorf("safetensors: reading the header: %w", err)
	}
	entries, metadata, err := parseHeader(header, size-dataAt)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", refuse.As(ErrMalformed, err))
	}
	return newFile(r, dataAt, entries, metadata), nil
}

func newFile(r io.ReaderAt, dataAt int64, entries []entry, metadata map[string]string) *File {
	file := &File{source: asRegion(r), dataAt: dataAt, entries: entries, metadata: metadata, byName: make(map[string]*entry, len(entries))}
	for i := range entries {
		file.byName[entries[i].name] = &entries[i]
	}
	return file
}

// Names returns the names of all tensors, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.byName)) }

// Metadata returns a copy of the file's text metadata.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Info returns the element type and the dimensions of a tensor; a scalar has none.
func (f *File) Info(name string) (DType, []int, error) {
	e, err := f.find(name)
	if err != nil {
		return "", nil, err
	}
	return e.dtype, slices.Clone(e.shape), nil
}

// Bytes returns a copy of a tensor's little-endian bytes, in row-major order.
func (f *File) Bytes(name string) ([]byte, error) {
	e, err := f.find(name)
	if err != nil {
		return nil, err
	}
	data := make([]byte, e.size())
	if err := f.readBytes(e, data); err != nil {
		return nil, err
	}
	return data, nil
}

// BytesInto is [File.Bytes] into dst, which must have as many bytes as the tensor.
func (f *File) BytesInto(name string, dst []byte) error {
	e, err := f.find(name)
	if err != nil {
		return err
	}
	return f.readBytes(e, dst)
}

func (f *File) readBytes(e *entry, dst []byte) error {
	if len(dst) != e.size() {
		return fmt.Errorf("tensor %q has %d bytes, the destination %d", e.name, e.size(), len(dst))
	}
	hugepages.Advise(dst)
	return f.read(e, func(at int, piece []byte) error {
		copy(dst[at:], piece)
		return nil
	})
}

// Close closes the file that Open opened. Tensors that were read stay valid.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

func (f *File) find(name string) (*entry, error) {
	if e, ok := f.byName[name]; ok {
		return e, nil
	}
	return nil, noTensor(name, f.Names())
}
