package program

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"otherwise/kernel/wire"
)

// Log is a computation being written down.
type Log struct {
	// Value gives the number of a value: the count of values that came into being before it.
	Value func(compute.Value) (int, error)
	// Function gives the number of a function: 0 is the main function, the others are numbered as they come.
	Function func(compute.Function) (int, error)

	encoder wire.Encoder
}

// Hash identifies a log.
func Hash(log []byte) wire.Hash { return sha256.Sum256(log) }

// Bytes are the log so far.
func (l *Log) Bytes() []byte { return l.encoder.Bytes }

// Append writes a call down. The receiver is the function it is made on; methods of the builder ignore it. Arguments
// have the types of the method's signature; the last argument of a variadic method is a slice.
func (l *Log) Append(m Method, receiver int, args ...any) error {
	if len(args) != len(m.in) {
		return fmt.Errorf("%s: %d arguments, wanted %d", m.Name, len(args), len(m.in))
	}
	e := &l.encoder
	e.Special = l.special
	before := len(e.Bytes)
	e.Uint(uint64(m.Code))
	e.Uint(uint64(receiver))
	for i, arg := range args {
		if err := l.argument(m.in[i], arg); err != nil {
			e.Bytes = e.Bytes[:before]
			return fmt.Errorf("%s, argument %d: %w", m.Name, i, err)
		}
	}
	return nil
}

// argument encodes the commonest kinds without reflection.
func (l *Log) argument(t reflect.Type, arg any) error {
	switch t {
	case valueType:
		return l.value(arg)
	case anyType:
		return encodeFlat(&l.encoder, arg)
	case functionType:
		return l.function(arg)
	}
	return l.encoder.Value(reflect.ValueOf(arg))
}

func (l *Log) special(_ *wire.Encoder, v reflect.Value) (bool, error) {
	if v.Type() == valueType {
		return true, l.value(v.Interface())
	}
	return false, nil
}

// value writes a value's number plus one, or 0 for none.
func (l *Log) value(arg any) error {
	if arg == nil {
		l.encoder.Uint(0)
		return nil
	}
	n, err := l.Value(arg)
	l.encoder.Uint(uint64(n) + 1)
	return err
}

func (l *Log) function(arg any) error {
	f, ok := arg.(compute.Function)
	if !ok {
		return fmt.Errorf("a %T is no function", arg)
	}
	n, err := l.Function(f)
	l.encoder.Uint(uint64(n))
	return err
}

// encodeFlat writes a constant's values: data type and bytes.
func encodeFlat(e *wire.Encoder, flat any) error {
	dtype, raw, err := FlatBytes(flat)
	if err != nil {
		return err
	}
	e.Int(int64(dtype))
	e.Raw(raw)
	return nil
}

// FlatBytes gives the data type of a slice of numbers and its memory as bytes. They are the same memory.
func FlatBytes(flat any) (dtypes.DType, []byte, error) {
	v := reflect.ValueOf(flat)
	if v.Kind() != reflect.Slice {
		return 0, nil, fmt.Errorf("the values are a %T; they must be a slice of a supported type", flat)
	}
	dtype := dtypes.FromGoType(v.Type().Elem())
	if dtype == dtypes.InvalidDType {
		return 0, nil, fmt.Errorf("the values are a %T; no data type has such elements", flat)
	}
	size := v.Len() * int(v.Type().Elem().Size())
	if size == 0 {
		return dtype, nil, nil
	}
	return dtype, unsafe.Slice((*byte)(v.UnsafePointer()), size), nil
}
