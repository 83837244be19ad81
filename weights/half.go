package weights

import (
	"encoding/binary"
	"math"
	"sync"
	"unsafe"

	"github.com/x448/float16"
)

// halves is the float32 of every F16. Looking one up takes half the time of computing it.
var halves = sync.OnceValue(func() *[1 << 16]float32 {
	table := new([1 << 16]float32)
	for bits := range table {
		table[bits] = float16.Frombits(uint16(bits)).Float32()
	}
	return table
})

// decodeF16 and decodeBF16 fill values from as many little-endian elements, four at a time.
func decodeF16(values []float32, data []byte) {
	table := halves()
	for len(values) >= 4 && len(data) >= 8 {
		four := binary.LittleEndian.Uint64(data)
		values[0] = table[uint16(four)]
		values[1] = table[uint16(four>>16)]
		values[2] = table[uint16(four>>32)]
		values[3] = table[uint16(four>>48)]
		values, data = values[4:], data[8:]
	}
	for i := range values {
		values[i] = table[binary.LittleEndian.Uint16(data[2*i:])]
	}
}

func decodeBF16(values []float32, data []byte) {
	const upper = 0xFFFF0000
	for len(values) >= 4 && len(data) >= 8 {
		four := binary.LittleEndian.Uint64(data)
		values[0] = math.Float32frombits(uint32(four) << 16)
		values[1] = math.Float32frombits(uint32(four) & upper)
		values[2] = math.Float32frombits(uint32(four>>16) & upper)
		values[3] = math.Float32frombits(uint32(four>>32) & upper)
		values, data = values[4:], data[8:]
	}
	for i := range values {
		values[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16)
	}
}

// decodeF32 is a copy where this machine stores numbers as files do.
func decodeF32(values []float32, data []byte) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		copy(bytesOf(values), data)
		return
	}
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
}

// bytesOf returns the memory of values.
func bytesOf(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}
