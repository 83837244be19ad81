package weights

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// Tensor is a named array to be written.
type Tensor struct {
	Name  string // unique in its file
	DType DType  // the type in the file
	Shape []int  // empty for a scalar

	// Data holds the elements in row-major order: []float32 for dtype F32, F16 or BF16 (rounded to nearest even; a
	// finite value that the type cannot hold is an error), []int64 for I64, or []byte, the little-endian elements of any dtype.
	Data any
}

// Write writes a safetensors file. The file at path is replaced only once the new one is complete and on the disk.
// The same tensors and metadata give the same bytes, in whatever order they come.
func Write(path string, tensors []Tensor, metadata map[string]string) error {
	return replaceFile(path, func(w io.Writer) error { return encode(w, tensors, metadata) })
}

// Marshal returns what [Write] would write.
func Marshal(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	var buffer bytes.Buffer
	if err := encode(&buffer, tensors, metadata); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

func encode(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	sorted, entries, err := layOut(tensors)
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	header, err := marshalHeader(entries, metadata)
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	return encodeData(w, sorted)
}

// layOut checks tensors and returns them in the order of the file with their places in it. The order is that of the
// published implementation: wide elements first, so that each tensor is aligned for its type, then by name.
func layOut(tensors []Tensor) ([]Tensor, []entry, error) {
	sorted := slices.Clone(tensors)
	slices.SortFunc(sorted, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(b.DType.rank(), a.DType.rank()), cmp.Compare(a.Name, b.Name))
	})
	entries := make([]entry, 0, len(sorted))
	seen := make(map[string]bool, len(sorted))
	var at int64
	for _, t := range sorted {
		if seen[t.Name] {
			return nil, nil, fmt.Errorf("tensor %q comes twice", t.Name)
		}
		seen[t.Name] = true
		size, err := t.check()
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		entries = append(entries, entry{name: t.Name, dtype: t.DType, shape: t.Shape, begin: at, end: at + size})
		at += size
	}
	return sorted, entries, nil
}

// check returns the bytes the tensor takes in a file.
func (t *Tensor) check() (int64, error) {
	if t.Name == metadataKey || !utf8.ValidString(t.Name) {
		return 0, fmt.Errorf("the name must be valid UTF-8 and not %s", metadataKey)
	}
	if err := checkDType(t.DType); err != nil {
		return 0, err
	}
	size, err := byteSize(t.DType, t.Shape)
	if err != nil {
		return 0, err
	}
	found, want := 0, int(size)/t.DType.Size()
	switch data := t.Data.(type) {
	case []float32:
		if err := oneOf(t.DType, "[]float32 data", F16, BF16, F32); err != nil {
			return 0, err
		}
		found = len(data)
	case []int64:
		if err := oneOf(t.DType, "[]int64 data", I64); err != nil {
			return 0, err
		}
		found = len(data)
	case []byte:
		if len(data) != int(size) {
			return 0, fmt.Errorf("has %d bytes, but shape %v of %s takes %d", len(data), t.Shape, t.DType, size)
		}
		found = want
	default:
		return 0, fmt.Errorf("data is %T, legal are []float32, []int64 and []byte", t.Data)
	}
	if found != want {
		return 0, fmt.Errorf("has %d elements, but shape %v takes %d", found, t.Shape, want)
	}
	return size, nil
}

// marshalHeader returns the JSON header, padded with spaces to a multiple of 8 so that the data is aligned.
func marshalHeader(entries []entry, metadata map[string]string) ([]byte, error) {
	var header bytes.Buffer
	header.WriteByte('{')
	if metadata != nil {
		for key, value := range metadata {
			if !utf8.ValidString(key) || !utf8.ValidString(value) {
				return nil, fmt.Errorf("metadata %q: %q is not valid UTF-8", key, value)
			}
		}
		if err := appendMember(&header, metadataKey, metadata); err != nil {
			return nil, err
		}
	}
	for _, e := range entries {
		value := struct {
			DType   DType    `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}{e.dtype, append([]int{}, e.shape...), [2]int64{e.begin, e.end}}
		if err := appendMember(&header, e.name, value); err != nil {
			return nil, err
		}
	}
	header.WriteByte('}')
	for header.Len()%8 != 0 {
		header.WriteByte(' ')
	}
	if header.Len() > maxHeader {
		return nil, fmt.Errorf("the header takes %d bytes, at most %d are legal", header.Len(), maxHeader)
	}
	return header.Bytes(), nil
}

func appendMember(header *bytes.Buffer, key string, value any) error {
	if header.Len() > 1 {
		header.WriteByte(',')
	}
	name, err := json.Marshal(key)
	if err != nil {
		return err
	}
	member, err := json.Marshal(value)
	if err != nil {
		return err
	}
	header.Write(name)
	header.WriteByte(':')
	header.Write(member)
	return nil
}

// encodeData writes the elements of tensors that layOut has checked, block by block, so that no second copy of the
// network is held in memory.
func encodeData(w io.Writer, tensors []Tensor) error {
	const elements = 64 << 10
	var buffer []byte
	for _, t := range tensors {
		var err error
		switch data := t.Data.(type) {
		case []float32:
			first := 0
			for block := range slices.Chunk(data, elements) {
				if buffer, err = appendFloats(buffer[:0], block, t.DType, first); err != nil {
					return fmt.Errorf("safetensors: tensor %q: %w", t.Name, err)
				}
				if _, err = w.Write(buffer); err != nil {
					return err
				}
				first += len(block)
			}
		case []int64:
			for block := range slices.Chunk(data, elements) {
				buffer = appendInts64(buffer[:0], block)
				if _, err = w.Write(buffer); err != nil {
					return err
				}
			}
		case []byte:
			if _, err = w.Write(data); err != nil {
				return err
			}
		}
	}
	return nil
}
