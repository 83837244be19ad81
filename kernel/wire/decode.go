package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
)

// ErrMalformed is returned (wrapped) for bytes that no encoder made.
var ErrMalformed = errors.New("malformed message")

// maxDepth bounds how deep decoded values may be nested.
const maxDepth = 32

const (
	// maxElements bounds slices of anything but bytes.
	maxElements = 1 << 20
	// firstElements is how many elements memory is made for before they are seen: one in memory can be a hundred times
	// as large as the byte that may announce it.
	firstElements = 64
)

// Decoder reads what an [Encoder] wrote. The memory that it takes grows with what it has read, not with what is announced.
type Decoder struct {
	rest  []byte
	depth int
	// Special, if not nil, decodes values of types that the decoder doesn't know by itself, and says whether it did.
	Special func(d *Decoder, v reflect.Value) (done bool, err error)
}

// NewDecoder reads the given bytes.
func NewDecoder(b []byte) *Decoder { return &Decoder{rest: b} }

// Empty reports whether everything was read.
func (d *Decoder) Empty() bool { return len(d.rest) == 0 }

// Uint reads an unsigned integer.
func (d *Decoder) Uint() (uint64, error) {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		return 0, fmt.Errorf("%w: an integer is cut off or too large", ErrMalformed)
	}
	d.rest = d.rest[n:]
	return v, nil
}

// Int reads a signed integer.
func (d *Decoder) Int() (int64, error) {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		return 0, fmt.Errorf("%w: an integer is cut off or too large", ErrMalformed)
	}
	d.rest = d.rest[n:]
	return v, nil
}

// Raw reads bytes that were written with their number. They are part of the decoder's input, not a copy.
func (d *Decoder) Raw() ([]byte, error) {
	n, err := d.Uint()
	if err != nil {
		return nil, err
	}
	return d.take(n)
}

func (d *Decoder) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.rest)) {
		return nil, fmt.Errorf("%w: %d bytes announced, %d left", ErrMalformed, n, len(d.rest))
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b, nil
}

// Value reads into v, which must be settable.
func (d *Decoder) Value(v reflect.Value) error {
	if d.depth++; d.depth > maxDepth {
		return fmt.Errorf("%w: nested more than %d deep", ErrMalformed, maxDepth)
	}
	defer func() { d.depth-- }()
	switch v.Kind() {
	case reflect.Bool:
		b, err := d.take(1)
		if err != nil {
			return err
		}
		v.SetBool(b[0] != 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, err := d.Int()
		if err != nil {
			return err
		}
		if v.OverflowInt(i) {
			return fmt.Errorf("%w: %d doesn't fit a %s", ErrMalformed, i, v.Type())
		}
		v.SetInt(i)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		i, err := d.Uint()
		if err != nil {
			return err
		}
		if v.OverflowUint(i) {
			return fmt.Errorf("%w: %d doesn't fit a %s", ErrMalformed, i, v.Type())
		}
		v.SetUint(i)
	case reflect.Float32:
		b, err := d.take(4)
		if err != nil {
			return err
		}
		v.SetFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	case reflect.Float64:
		b, err := d.take(8)
		if err != nil {
			return err
		}
		v.SetFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case reflect.String:
		b, err := d.Raw()
		if err != nil {
			return err
		}
		v.SetString(string(b))
	case reflect.Slice:
		return d.slice(v)
	case reflect.Array:
		return d.elements(v)
	case reflect.Struct:
		for i := range v.NumField() {
			if err := d.Value(v.Field(i)); err != nil {
				return fmt.Errorf("%s.%s: %w", v.Type(), v.Type().Field(i).Name, err)
			}
		}
	case reflect.Pointer:
		b, err := d.take(1)
		if err != nil || b[0] == 0 {
			return err
		}
		v.Set(reflect.New(v.Type().Elem()))
		return d.Value(v.Elem())
	default:
		if d.Special != nil {
			if done, err := d.Special(d, v); done || err != nil {
				return err
			}
		}
		return fmt.Errorf("a %s can't be received", v.Type())
	}
	return nil
}

func (d *Decoder) slice(v reflect.Value) error {
	n, err := d.Uint()
	if err != nil || n == 0 {
		return err
	}
	n--
	if n > uint64(len(d.rest)) { // every element takes a byte at least
		return fmt.Errorf("%w: %d elements announced, %d bytes left", ErrMalformed, n, len(d.rest))
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		b, err := d.take(n)
		if err != nil {
			return err
		}
		v.Set(reflect.MakeSlice(v.Type(), len(b), len(b)))
		reflect.Copy(v, reflect.ValueOf(b))
		return nil
	}
	if n > maxElements {
		return fmt.Errorf("%w: %d elements announced; the limit is %d", ErrMalformed, n, maxElements)
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, int(min(n, firstElements))))
	for i := range int(n) {
		if i == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(i + 1)
		if err := d.Value(v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Decoder) elements(v reflect.Value) error {
	for i := range v.Len() {
		if err := d.Value(v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}
