package weights

import (
	"encoding/binary"
	"fmt"
	"math"

	"otherwise/internal/hugepages"
)

// Float32 returns a tensor of dtype F16, BF16, F32 or F64 as float32, in row-major order. F64 is rounded to nearest;
// a finite F64 beyond float32 is an error. NaN and infinities are passed on, see [CheckFinite].
func (f *File) Float32(name string) ([]float32, error) {
	e, err := f.find(name)
	if err != nil {
		return nil, err
	}
	values := make([]float32, e.elements())
	if err := f.readFloats(e, values); err != nil {
		return nil, err
	}
	return values, nil
}

// Float32Into is [File.Float32] into dst, which must have as many elements as the tensor.
func (f *File) Float32Into(name string, dst []float32) error {
	e, err := f.find(name)
	if err != nil {
		return err
	}
	return f.readFloats(e, dst)
}

func (f *File) readFloats(e *entry, dst []float32) error {
	if err := oneOf(e.dtype, "Float32", F16, BF16, F32, F64); err != nil {
		return fmt.Errorf("tensor %q %w", e.name, err)
	}
	if len(dst) != e.elements() {
		return fmt.Errorf("tensor %q has %d elements, the destination %d", e.name, e.elements(), len(dst))
	}
	hugepages.Advise(bytesOf(dst))
	width := e.dtype.Size()
	return f.read(e, func(at int, piece []byte) error {
		return decodeFloats(dst[at/width:][:len(piece)/width], piece, e.dtype)
	})
}

// decodeFloats fills values from as many little-endian elements of dtype F16, BF16, F32 or F64.
func decodeFloats(values []float32, data []byte, dtype DType) error {
	switch dtype {
	case F16:
		decodeF16(values, data)
	case BF16:
		decodeBF16(values, data)
	case F32:
		decodeF32(values, data)
	case F64:
		for i := range values {
			wide := math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
			values[i] = float32(wide)
			if math.IsInf(float64(values[i]), 0) && !math.IsInf(wide, 0) {
				return fmt.Errorf("the F64 value %g does not fit in float32, whose largest is %g", wide, math.MaxFloat32)
			}
		}
	}
	return nil
}

// Int64 returns a tensor of an integer dtype other than U64 as int64, in row-major order.
func (f *File) Int64(name string) ([]int64, error) {
	e, err := f.find(name)
	if err != nil {
		return nil, err
	}
	if err := oneOf(e.dtype, "Int64", U8, I8, U16, I16, U32, I32, I64); err != nil {
		return nil, fmt.Errorf("tensor %q %w", name, err)
	}
	values, width := make([]int64, e.elements()), e.dtype.Size()
	err = f.read(e, func(at int, piece []byte) error {
		decodeInts(values[at/width:][:len(piece)/width], piece, e.dtype)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

// decodeInts fills values from as many little-endian elements of an integer dtype other than U64.
func decodeInts(values []int64, data []byte, dtype DType) {
	size := dtype.Size()
	for i := range values {
		element := data[i*size:]
		switch dtype {
		case U8:
			values[i] = int64(element[0])
		case I8:
			values[i] = int64(int8(element[0]))
		case U16:
			values[i] = int64(binary.LittleEndian.Uint16(element))
		case I16:
			values[i] = int64(int16(binary.LittleEndian.Uint16(element)))
		case U32:
			values[i] = int64(binary.LittleEndian.Uint32(element))
		case I32:
			values[i] = int64(int32(binary.LittleEndian.Uint32(element)))
		case I64:
			values[i] = int64(binary.LittleEndian.Uint64(element))
		}
	}
}

// CheckFinite returns an error that names the tensor and the first element if one of values is NaN or infinite.
func CheckFinite(name string, values []float32) error {
	for i, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("tensor %q: element %d of %d is %g, want finite numbers", name, i, len(values), v)
		}
	}
	return nil
}
