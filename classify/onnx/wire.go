package onnx

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a protocol buffer message: a number, or the bytes of a string, message or packed list.
type field struct {
	number int
	kind   protowire.Type
	value  uint64
	bytes  []byte // part of the file, not a copy
}

// errWrongKind says that a field has another wire type than the schema gives it.
var errWrongKind = errors.New("the field has another type than ONNX gives it: this is no ONNX file, or it is damaged")

// fields shows the fields of a message in turn. Nothing is allocated for them.
func fields(message []byte, show func(field) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return fmt.Errorf("damaged protocol buffer, or no ONNX file: %w", parseError(n))
		}
		message = message[n:]
		f := field{number: int(number), kind: kind}
		switch kind {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(message)
			f.value = uint64(v)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(message)
		default:
			return fmt.Errorf("damaged protocol buffer: field %d has wire type %d, which ONNX never uses", number, kind)
		}
		if n < 0 {
			return fmt.Errorf("damaged protocol buffer: field %d: %w", number, parseError(n))
		}
		message = message[n:]
		if err := show(f); err != nil {
			return err
		}
	}
	return nil
}

// parseError is what protowire says of a failed read, always in the same words: protobuf's own prefix has a space or a
// non-breaking space, by chance of the build, so that nobody compares its messages; stored notebooks do.
func parseError(n int) error {
	err := protowire.ParseError(n)
	if text, ok := strings.CutPrefix(strings.ReplaceAll(err.Error(), "\u00a0", " "), "proto: "); ok {
		return errors.New(text)
	}
	return err
}

func (f field) integer() (int64, error) {
	if f.kind != protowire.VarintType {
		return 0, errWrongKind
	}
	return int64(f.value), nil
}

func (f field) float() (float32, error) {
	if f.kind != protowire.Fixed32Type {
		return 0, errWrongKind
	}
	return math.Float32frombits(uint32(f.value)), nil
}

func (f field) message() ([]byte, error) {
	if f.kind != protowire.BytesType {
		return nil, errWrongKind
	}
	return f.bytes, nil
}

func (f field) text() (string, error) {
	b, err := f.message()
	if len(b) > maxNameLength {
		return "", fmt.Errorf("a name of %d bytes; at most %d are read", len(b), maxNameLength)
	}
	return string(b), err
}

// integers appends the one integer of a field, or the many of a packed one, to a list that may grow to most elements.
func (f field) integers(list []int64, most int) ([]int64, error) {
	if f.kind == protowire.VarintType {
		list = append(list, int64(f.value))
	} else if f.kind == protowire.BytesType {
		for rest := f.bytes; len(rest) > 0 && len(list) <= most; {
			v, n := protowire.ConsumeVarint(rest)
			if n < 0 {
				return nil, protowire.ParseError(n)
			}
			list, rest = append(list, int64(v)), rest[n:]
		}
	} else {
		return nil, errWrongKind
	}
	if len(list) > most {
		return nil, fmt.Errorf("a list of more than %d integers", most)
	}
	return list, nil
}

// floats is integers for 32-bit floats.
func (f field) floats(list []float32, most int) ([]float32, error) {
	switch {
	case f.kind == protowire.Fixed32Type:
		list = append(list, math.Float32frombits(uint32(f.value)))
	case f.kind == protowire.BytesType && len(f.bytes)%4 == 0 && len(f.bytes)/4 <= most-len(list):
		for rest := f.bytes; len(rest) > 0; rest = rest[4:] {
			v, _ := protowire.ConsumeFixed32(rest)
			list = append(list, math.Float32frombits(v))
		}
	case f.kind == protowire.BytesType:
		return nil, fmt.Errorf("%d bytes for a list of at most %d floats of 4 bytes", len(f.bytes), most)
	default:
		return nil, errWrongKind
	}
	if len(list) > most {
		return nil, fmt.Errorf("a list of more than %d floats", most)
	}
	return list, nil
}

// doubles is integers for 64-bit floats, rounded to 32 bits.
func (f field) doubles(list []float32, most int) ([]float32, error) {
	switch {
	case f.kind == protowire.Fixed64Type:
		list = append(list, float32(math.Float64frombits(f.value)))
	case f.kind == protowire.BytesType && len(f.bytes)%8 == 0 && len(f.bytes)/8 <= most-len(list):
		for rest := f.bytes; len(rest) > 0; rest = rest[8:] {
			v, _ := protowire.ConsumeFixed64(rest)
			list = append(list, float32(math.Float64frombits(v)))
		}
	case f.kind == protowire.BytesType:
		return nil, fmt.Errorf("%d bytes for a list of at most %d floats of 8 bytes", len(f.bytes), most)
	default:
		return nil, errWrongKind
	}
	if len(list) > most {
		return nil, fmt.Errorf("a list of more than %d floats", most)
	}
	return list, nil
}
