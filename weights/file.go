package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// File is an open safetensors file. Its methods may be called from several goroutines at once, except for Close.
type File struct {
	source   io.ReaderAt
	memory   []byte // the whole file where it came from memory, else nil
	closer   io.Closer
	dataAt   int64 // where the data part begins in source
	entries  []entry
	byName   map[string]*entry
	metadata map[string]string
}

// Open opens the safetensors file at path and checks its header. Tensors are read when they are asked for, straight
// into the slice that is returned. The file is read, not mapped, so that truncating it later gives an error, not a crash.
func Open(path string) (*File, error) {
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
	file, err := Read(disk, info.Size())
	if err != nil {
		disk.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	file.closer = disk
	return file, nil
}

// Parse reads a safetensors file that lies in memory, such as an embedded one. The File keeps data.
func Parse(data []byte) (*File, error) {
	file, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	file.memory = data
	return file, nil
}

// Read checks the header of a safetensors file of size bytes. The File keeps r and does not close it.
func Read(r io.ReaderAt, size int64) (*File, error) {
	var prefix [8]byte
	if size < int64(len(prefix)) {
		return nil, fmt.Errorf("safetensors: %d bytes are too few for a file; it is truncated or of another kind", size)
	}
	if err := readFull(r, prefix[:], 0); err != nil {
		return nil, fmt.Errorf("safetensors: reading the header's length: %w", err)
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader {
		return nil, fmt.Errorf("safetensors: the header's length is given as %d bytes, at most %d are legal; this may be a file of another kind", length, maxHeader)
	}
	dataAt := int64(len(prefix)) + int64(length)
	if dataAt > size {
		return nil, fmt.Errorf("safetensors: the header's length is given as %d bytes, but the file ends after %d; it is truncated", length, size-int64(len(prefix)))
	}
	header := make([]byte, length)
	if err := readFull(r, header, int64(len(prefix))); err != nil {
		return nil, fmt.Errorf("safetensors: reading the header: %w", err)
	}
	entries, metadata, err := parseHeader(header, size-dataAt)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	file := &File{source: r, dataAt: dataAt, entries: entries, metadata: metadata, byName: make(map[string]*entry, len(entries))}
	for i := range entries {
		file.byName[entries[i].name] = &entries[i]
	}
	return file, nil
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
	data := make([]byte, e.end-e.begin)
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
	if int64(len(dst)) != e.end-e.begin {
		return fmt.Errorf("tensor %q has %d bytes, the destination %d", e.name, e.end-e.begin, len(dst))
	}
	if err := readFull(f.source, dst, f.dataAt+e.begin); err != nil {
		return fmt.Errorf("tensor %q: %w", e.name, err)
	}
	return nil
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

// blocks calls decode with the bytes of a tensor, from its first element on and whole elements at a time. The bytes
// are valid during the call only. Bytes in memory are passed without a copy.
func (f *File) blocks(e *entry, decode func(block []byte) error) error {
	if f.memory != nil {
		return decode(f.memory[f.dataAt+e.begin : f.dataAt+e.end])
	}
	const blockSize = 256 << 10 // stays in the processor's cache until it is decoded
	buffer := make([]byte, min(blockSize, e.end-e.begin))
	for at := e.begin; at < e.end; {
		block := buffer[:min(int64(len(buffer)), e.end-at)]
		if err := readFull(f.source, block, f.dataAt+at); err != nil {
			return err
		}
		if err := decode(block); err != nil {
			return err
		}
		at += int64(len(block))
	}
	return nil
}

// readFull fills p from offset on. Ending early is an error here: the header has said that the bytes are there.
func readFull(r io.ReaderAt, p []byte, offset int64) error {
	n, err := r.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%d bytes are missing at the file's end: it was truncated while open: %w", len(p)-n, io.ErrUnexpectedEOF)
	}
	return err
}
