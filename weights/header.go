package weights

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"

	"otherwise/weights/internal/refuse"
)

const (
	// maxHeader is the limit of the published safetensors implementation.
	maxHeader = 100_000_000
	// maxRank is far above any network's and keeps a hostile shape from growing.
	maxRank = 64
	// metadataKey stands among the tensors in a header and names none.
	metadataKey = "__metadata__"
)

// entry is one tensor of a header. Its bytes are data[begin:end] of the part of the file that follows the header.
type entry struct {
	name       string
	dtype      DType
	shape      []int
	begin, end int64
	strides    []int // of a view whose elements do not follow each other, in elements; else nil
}

// elements returns how many elements the entry has.
func (e *entry) elements() int {
	if e.strides == nil {
		return int(e.end-e.begin) / e.dtype.Size()
	}
	count := 1
	for _, dim := range e.shape {
		count *= dim
	}
	return count
}

// size returns the bytes of the entry's elements.
func (e *entry) size() int { return e.elements() * e.dtype.Size() }

// parseHeader reads the JSON header of a file whose data part has dataSize bytes. The entries come in the order of
// their bytes and cover the data part without a gap or an overlap.
func parseHeader(header []byte, dataSize int64) ([]entry, map[string]string, error) {
	if len(header) == 0 || header[0] != '{' {
		return nil, nil, errors.New("the header does not begin with '{': this is not a safetensors file")
	}
	p, err := newHeaderParser(header)
	if err != nil {
		return nil, nil, err
	}
	var entries []entry
	var metadata map[string]string
	err = p.object(func(name string) error {
		if name == metadataKey {
			metadata, err = p.metadata()
			return err
		}
		e, err := p.entry(name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.name, b.name))
	})
	return entries, metadata, checkCoverage(entries, dataSize)
}

// checkCoverage checks that entries, sorted by offset, fill the data part exactly.
func checkCoverage(entries []entry, dataSize int64) error {
	var at int64
	for _, e := range entries {
		switch {
		case e.end > dataSize:
			return refuse.Errorf(ErrTruncated, "tensor %q: data_offsets [%d, %d] end outside the data, which has %d bytes; the file may be truncated", e.name, e.begin, e.end, dataSize)
		case e.begin < at:
			return fmt.Errorf("tensor %q: data_offsets [%d, %d] overlap the tensor before, which ends at %d", e.name, e.begin, e.end, at)
		case e.begin > at:
			return fmt.Errorf("tensor %q: data_offsets [%d, %d] leave a hole from %d on; tensors must follow each other directly", e.name, e.begin, e.end, at)
		}
		at = e.end
	}
	if at != dataSize {
		return fmt.Errorf("the tensors end at byte %d of the data, which has %d bytes; every byte must belong to a tensor", at, dataSize)
	}
	return nil
}

// byteSize returns the bytes that a tensor takes, or an error if a dimension is negative or the size overflows.
func byteSize(dtype DType, shape []int) (int64, error) {
	if len(shape) > maxRank {
		return 0, fmt.Errorf("the shape has %d dimensions, at most %d are legal", len(shape), maxRank)
	}
	size, empty := uint64(dtype.Size()), false
	for _, dim := range shape {
		if dim < 0 {
			return 0, fmt.Errorf("shape %v has a negative dimension", shape)
		}
		if dim == 0 {
			empty = true
			continue // the other dimensions are still multiplied, so that no product of some of them overflows later
		}
		high, low := bits.Mul64(size, uint64(dim))
		if high != 0 || low > math.MaxInt {
			return 0, refuse.Errorf(ErrTooLarge, "shape %v of %s elements overflows the address space", shape, dtype)
		}
		size = low
	}
	if empty {
		return 0, nil
	}
	return int64(size), nil
}

// headerParser walks the tokens of a header, so that the first wrong one stops it before more is allocated.
// encoding/json's structs would take duplicate keys, null and quoted numbers silently.
type headerParser struct{ tokens *json.Decoder }

func newHeaderParser(header []byte) (*headerParser, error) {
	if !utf8.Valid(header) {
		return nil, errors.New("the header is not valid UTF-8")
	}
	if !json.Valid(header) {
		var ignored json.RawMessage
		return nil, fmt.Errorf("the header is not valid JSON: %w", json.Unmarshal(header, &ignored))
	}
	p := &headerParser{json.NewDecoder(bytes.NewReader(header))}
	p.tokens.UseNumber()
	return p, nil
}

// object reads an object and calls member after each key. A key that comes twice is an error.
func (p *headerParser) object(member func(key string) error) error {
	if err := p.expect('{', "an object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.tokens.More() {
		token, err := p.tokens.Token()
		if err != nil {
			return err
		}
		key := token.(string) // json.Valid has checked that keys are strings
		if seen[key] {
			return fmt.Errorf("the key %q comes twice", key)
		}
		seen[key] = true
		if err := member(key); err != nil {
			return err
		}
	}
	return p.expect('}', "the object's end")
}

// integers reads an array of at most limit integers of 0 or more.
func (p *headerParser) integers(limit int) ([]int, error) {
	if err := p.expect('[', "an array"); err != nil {
		return nil, err
	}
	values := []int{}
	for p.tokens.More() {
		if len(values) == limit {
			return nil, fmt.Errorf("has more than %d numbers", limit)
		}
		token, err := p.tokens.Token()
		if err != nil {
			return nil, err
		}
		number, ok := token.(json.Number)
		if !ok {
			return nil, fmt.Errorf("holds %v, want whole numbers of 0 or more", token)
		}
		value, err := strconv.ParseInt(number.String(), 10, strconv.IntSize)
		if err != nil || value < 0 {
			return nil, fmt.Errorf("holds %s, want whole numbers from 0 to %d", number, math.MaxInt)
		}
		values = append(values, int(value))
	}
	return values, p.expect(']', "the array's end")
}

func (p *headerParser) text() (string, error) {
	token, err := p.tokens.Token()
	if err != nil {
		return "", err
	}
	text, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("is %v, want a string", token)
	}
	return text, nil
}

func (p *headerParser) expect(delim json.Delim, what string) error {
	token, err := p.tokens.Token()
	if err != nil {
		return err
	}
	if token != delim {
		return fmt.Errorf("is %v, want %s", token, what)
	}
	return nil
}

func (p *headerParser) metadata() (map[string]string, error) {
	metadata := map[string]string{}
	err := p.object(func(key string) (err error) {
		if metadata[key], err = p.text(); err != nil {
			return fmt.Errorf("%q %w", key, err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", metadataKey, err)
	}
	return metadata, nil
}

// entry reads one tensor's description and checks what can be checked without the other tensors.
func (p *headerParser) entry(name string) (entry, error) {
	e := entry{name: name}
	var offsets []int
	err := p.object(func(key string) (err error) {
		switch key {
		case "dtype":
			var dtype string
			dtype, err = p.text()
			e.dtype = DType(dtype)
		case "shape":
			e.shape, err = p.integers(maxRank)
		case "data_offsets":
			offsets, err = p.integers(2)
		default:
			return fmt.Errorf("unknown key %q, legal are dtype, shape and data_offsets", key)
		}
		if err != nil {
			return fmt.Errorf("%s %w", key, err)
		}
		return nil
	})
	if err != nil {
		return entry{}, err
	}
	if e.shape == nil {
		return entry{}, errors.New("has no shape")
	}
	if err := checkDType(e.dtype); err != nil {
		return entry{}, err
	}
	if len(offsets) != 2 || offsets[0] > offsets[1] {
		return entry{}, fmt.Errorf("data_offsets are %v, want [begin, end] with begin <= end", offsets)
	}
	size, err := byteSize(e.dtype, e.shape)
	if err != nil {
		return entry{}, err
	}
	e.begin, e.end = int64(offsets[0]), int64(offsets[1])
	if e.end-e.begin != size {
		return entry{}, fmt.Errorf("data_offsets [%d, %d] span %d bytes, but shape %v of %s takes %d", e.begin, e.end, e.end-e.begin, e.shape, e.dtype, size)
	}
	return e, nil
}
