package weights

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/x448/float16"
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
	err := f.blocks(e, func(block []byte) error {
		n := len(block) / e.dtype.Size()
		err := decodeFloats(dst[:n], block, e.dtype)
		dst = dst[n:]
		return err
	})
	if err != nil {
		return fmt.Errorf("tensor %q: %w", e.name, err)
	}
	return nil
}

// decodeFloats fills values from as many little-endian elements of dtype F16, BF16, F32 or F64.
func decodeFloats(values []float32, data []byte, dtype DType) error {
	switch dtype {
	case F16:
		for i := range values {
			values[i] = float16.Frombits(binary.LittleEndian.Uint16(data[2*i:])).Float32()
		}
	case BF16:
		for i := range values {
			values[i] = bfloat16.FromBits(binary.LittleEndian.Uint16(data[2*i:])).Float32()
		}
	case F32:
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
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
	values := make([]int64, 0, e.elements())
	err = f.blocks(e, func(block []byte) error {
		values = appendInts(values, block, e.dtype)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", name, err)
	}
	return values, nil
}

// appendInts appends the little-endian elements of an integer dtype other than U64.
func appendInts(values []int64, data []byte, dtype DType) []int64 {
	size := dtype.Size()
	for ; len(data) > 0; data = data[size:] {
		var value int64
		switch dtype {
		case U8:
			value = int64(data[0])
		case I8:
			value = int64(int8(data[0]))
		case U16:
			value = int64(binary.LittleEndian.Uint16(data))
		case I16:
			value = int64(int16(binary.LittleEndian.Uint16(data)))
		case U32:
			value = int64(binary.LittleEndian.Uint32(data))
		case I32:
			value = int64(int32(binary.LittleEndian.Uint32(data)))
		case I64:
			value = int64(binary.LittleEndian.Uint64(data))
		}
		values = append(values, value)
	}
	return values
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
