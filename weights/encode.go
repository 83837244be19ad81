package weights

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/x448/float16"
)

// appendFloats appends values as little-endian elements of dtype F16, BF16 or F32, rounded to nearest even. A finite
// value that would become infinite is an error; NaN and infinities are kept. first is the index of values[0] in its tensor.
func appendFloats(data []byte, values []float32, dtype DType, first int) ([]byte, error) {
	for i, v := range values {
		narrow := v
		switch dtype {
		case F16:
			half := float16.Fromfloat32(v)
			narrow = half.Float32()
			data = binary.LittleEndian.AppendUint16(data, half.Bits())
		case BF16:
			brain := toBFloat16(v)
			narrow = brain.Float32()
			data = binary.LittleEndian.AppendUint16(data, brain.Bits())
		case F32:
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		if math.IsInf(float64(narrow), 0) && !math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("element %d is %g, which %s cannot hold; store it as F32", first+i, v, dtype)
		}
	}
	return data, nil
}

// toBFloat16 rounds to nearest even. The library cuts a NaN off, which makes an infinity of one with a low payload.
func toBFloat16(v float32) bfloat16.BFloat16 {
	if math.IsNaN(float64(v)) {
		const quietNaN = 0x7FC0
		return bfloat16.FromBits(quietNaN)
	}
	return bfloat16.FromFloat32(v)
}

// appendInts64 appends values as little-endian I64.
func appendInts64(data []byte, values []int64) []byte {
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	return data
}
