package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/x448/float16"
)

// storedTensor is a TensorProto: its values are decoded later, once, by [storedTensor.decode].
type storedTensor struct {
	name     string
	dims     []int
	size     int   // elements
	elements int64 // their type
	raw      []byte
	hasRaw   bool
	lists    []field           // float_data, int32_data, int64_data, double_data or uint64_data
	external map[string]string // where the values lie in another file
	decoded  *constant         // the values of a tensor that isn't stored as one
}

// Types of elements.
const (
	typeFloat    = 1
	typeUint8    = 2
	typeInt8     = 3
	typeUint16   = 4
	typeInt16    = 5
	typeInt32    = 6
	typeInt64    = 7
	typeBool     = 9
	typeFloat16  = 10
	typeDouble   = 11
	typeUint32   = 12
	typeUint64   = 13
	typeBFloat16 = 16
)

// elementSizes are the bytes of an element in raw data.
var elementSizes = map[int64]int{typeFloat: 4, typeUint8: 1, typeInt8: 1, typeUint16: 2, typeInt16: 2, typeInt32: 4,
	typeInt64: 8, typeBool: 1, typeFloat16: 2, typeDouble: 8, typeUint32: 4, typeUint64: 8, typeBFloat16: 2}

// kindOf tells how elements of a type are kept: whole numbers and truth values as 64 bits, all floats as 32 bits.
func kindOf(elements int64) (kind, error) {
	switch elements {
	case typeFloat, typeFloat16, typeBFloat16, typeDouble:
		return float, nil
	case typeBool:
		return boolean, nil
	}
	if _, known := elementSizes[elements]; !known {
		return 0, fmt.Errorf("elements of type %d are not supported; floats, integers and booleans are", elements)
	}
	return integer, nil
}

func parseTensor(body []byte) (*storedTensor, error) {
	t := &storedTensor{}
	var dims []int64
	location := int64(0)
	err := fields(body, func(f field) (err error) {
		switch f.number {
		case 1:
			dims, err = f.integers(dims, maxRank)
		case 2:
			t.elements, err = f.integer()
		case 4, 5, 7, 10, 11:
			if t.lists = append(t.lists, f); len(t.lists) > maxList {
				return errors.New("values in too many pieces")
			}
		case 8:
			t.name, err = f.text()
		case 9:
			t.raw, err = f.message()
			t.hasRaw = true
		case 13:
			err = t.parseExternal(f)
		case 14:
			location, err = f.integer()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", t.name, err)
	}
	if location == 0 {
		t.external = nil
	} else if t.external == nil {
		return nil, fmt.Errorf("tensor %q lies in another file that isn't named", t.name)
	}
	t.size = 1
	for _, d := range dims {
		if d < 0 || d > math.MaxInt32 || (d > 0 && t.size > math.MaxInt32/int(d)) {
			return nil, fmt.Errorf("tensor %q has shape %v; legal are up to %d elements", t.name, dims, math.MaxInt32)
		}
		t.dims, t.size = append(t.dims, int(d)), t.size*int(d)
	}
	if _, err := kindOf(t.elements); err != nil {
		return nil, fmt.Errorf("tensor %q: %w", t.name, err)
	}
	if want := t.size * elementSizes[t.elements]; t.hasRaw && len(t.raw) != want {
		return nil, fmt.Errorf("tensor %q of shape %v has %d bytes; wanted are %d", t.name, dims, len(t.raw), want)
	}
	return t, nil
}

func (t *storedTensor) parseExternal(f field) error {
	body, err := f.message()
	if err != nil {
		return err
	}
	var key, value string
	err = fields(body, func(f field) (err error) {
		switch f.number {
		case 1:
			key, err = f.text()
		case 2:
			value, err = f.text()
		}
		return err
	})
	if t.external == nil {
		t.external = map[string]string{}
	}
	if t.external[key] = value; len(t.external) > maxAttributes {
		return errors.New("too many entries about another file")
	}
	return err
}

// decode gives the tensor's values. Those in another file must have been read (see [files]).
func (t *storedTensor) decode() (*constant, error) {
	if t.decoded != nil {
		return t.decoded, nil
	}
	k, err := kindOf(t.elements)
	if err != nil {
		return nil, err
	}
	c := &constant{kind: k, dims: t.dims}
	if t.hasRaw {
		c.decodeRaw(t.raw, t.elements)
	} else {
		for _, f := range t.lists {
			if err := c.decodeList(f, t.elements, t.size); err != nil {
				return nil, fmt.Errorf("tensor %q: %w", t.name, err)
			}
		}
	}
	if n := len(c.ints) + len(c.floats); n != t.size {
		return nil, fmt.Errorf("tensor %q of shape %v has %d values; wanted are %d", t.name, t.dims, n, t.size)
	}
	return c, nil
}

func (c *constant) decodeRaw(raw []byte, elements int64) {
	size := elementSizes[elements]
	if c.kind == float {
		c.floats = make([]float32, 0, len(raw)/size)
	} else {
		c.ints = make([]int64, 0, len(raw)/size)
	}
	order := binary.LittleEndian
	for ; len(raw) > 0; raw = raw[size:] {
		switch elements {
		case typeFloat:
			c.floats = append(c.floats, math.Float32frombits(order.Uint32(raw)))
		case typeFloat16:
			c.floats = append(c.floats, float16.Frombits(order.Uint16(raw)).Float32())
		case typeBFloat16:
			c.floats = append(c.floats, math.Float32frombits(uint32(order.Uint16(raw))<<16))
		case typeDouble:
			c.floats = append(c.floats, float32(math.Float64frombits(order.Uint64(raw))))
		case typeUint8:
			c.ints = append(c.ints, int64(raw[0]))
		case typeBool:
			c.ints = append(c.ints, truth(raw[0] != 0))
		case typeInt8:
			c.ints = append(c.ints, int64(int8(raw[0])))
		case typeUint16:
			c.ints = append(c.ints, int64(order.Uint16(raw)))
		case typeInt16:
			c.ints = append(c.ints, int64(int16(order.Uint16(raw))))
		case typeUint32:
			c.ints = append(c.ints, int64(order.Uint32(raw)))
		case typeInt32:
			c.ints = append(c.ints, int64(int32(order.Uint32(raw))))
		case typeInt64, typeUint64:
			c.ints = append(c.ints, int64(order.Uint64(raw)))
		}
	}
}

// decodeList reads values that are stored as a list of numbers rather than as bytes; half floats are stored as integers.
func (c *constant) decodeList(f field, elements int64, size int) (err error) {
	switch f.number {
	case 4:
		if elements != typeFloat {
			return errWrongKind
		}
		c.floats, err = f.floats(c.floats, size)
	case 10:
		if elements != typeDouble {
			return errWrongKind
		}
		c.floats, err = f.doubles(c.floats, size)
	default: // int32_data, int64_data, uint64_data
		if c.kind != float {
			c.ints, err = f.integers(c.ints, size)
			if c.kind == boolean {
				for i, v := range c.ints {
					c.ints[i] = truth(v != 0)
				}
			}
			return err
		}
		if elements != typeFloat16 && elements != typeBFloat16 {
			return errWrongKind
		}
		bits, err := f.integers(nil, size-len(c.floats))
		if err != nil {
			return err
		}
		for _, v := range bits {
			if elements == typeFloat16 {
				c.floats = append(c.floats, float16.Frombits(uint16(v)).Float32())
			} else {
				c.floats = append(c.floats, math.Float32frombits(uint32(uint16(v))<<16))
			}
		}
	}
	return err
}
