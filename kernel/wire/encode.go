package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
)

// Encoder appends Go values to a buffer: integers as variable-length integers, floating-point numbers in little-endian
// bytes, strings and slices with their length, structs field by field, pointers with a byte that says whether they are
// nil. Equal values have equal encodings.
type Encoder struct {
	Bytes []byte
	// Special, if not nil, encodes values of types that the encoder doesn't know by itself (interfaces), and says
	// whether it did.
	Special func(e *Encoder, v reflect.Value) (done bool, err error)
}

// Uint appends an unsigned integer.
func (e *Encoder) Uint(v uint64) { e.Bytes = binary.AppendUvarint(e.Bytes, v) }

// Int appends a signed integer.
func (e *Encoder) Int(v int64) { e.Bytes = binary.AppendVarint(e.Bytes, v) }

// Raw appends bytes with their number.
func (e *Encoder) Raw(b []byte) {
	e.Uint(uint64(len(b)))
	e.Bytes = append(e.Bytes, b...)
}

// Value appends any value made of the types named at [Encoder].
func (e *Encoder) Value(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Bool:
		b := byte(0)
		if v.Bool() {
			b = 1
		}
		e.Bytes = append(e.Bytes, b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.Int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		e.Uint(v.Uint())
	case reflect.Float32:
		e.Bytes = binary.LittleEndian.AppendUint32(e.Bytes, math.Float32bits(float32(v.Float())))
	case reflect.Float64:
		e.Bytes = binary.LittleEndian.AppendUint64(e.Bytes, math.Float64bits(v.Float()))
	case reflect.String:
		e.Raw([]byte(v.String()))
	case reflect.Slice:
		return e.slice(v)
	case reflect.Array:
		return e.elements(v)
	case reflect.Struct:
		for i := range v.NumField() {
			if err := e.Value(v.Field(i)); err != nil {
				return fmt.Errorf("%s.%s: %w", v.Type(), v.Type().Field(i).Name, err)
			}
		}
	case reflect.Pointer:
		if v.IsNil() {
			e.Bytes = append(e.Bytes, 0)
			return nil
		}
		e.Bytes = append(e.Bytes, 1)
		return e.Value(v.Elem())
	default:
		if e.Special != nil {
			if done, err := e.Special(e, v); done || err != nil {
				return err
			}
		}
		return fmt.Errorf("a %s can't be sent", v.Type())
	}
	return nil
}

// slice appends the length plus one, or 0 for nil, and the elements.
func (e *Encoder) slice(v reflect.Value) error {
	if v.IsNil() {
		e.Uint(0)
		return nil
	}
	e.Uint(uint64(v.Len()) + 1)
	if v.Type().Elem().Kind() == reflect.Uint8 {
		e.Bytes = append(e.Bytes, v.Bytes()...)
		return nil
	}
	return e.elements(v)
}

func (e *Encoder) elements(v reflect.Value) error {
	for i := range v.Len() {
		if err := e.Value(v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}
