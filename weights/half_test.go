package weights

import (
	"encoding/binary"
	"math"
	"testing"
)

// Every pattern of 16 bits, at every place among the four that are decoded at once, and in a rest of fewer than four.
func TestEveryHalf(t *testing.T) {
	const count = 1<<16 + 3
	data := make([]byte, 0, 2*count)
	for i := range count {
		data = binary.LittleEndian.AppendUint16(data, uint16(i))
	}
	for offset := range 4 {
		values := make([]float32, count-offset)
		decodeF16(values, data[2*offset:])
		for i, got := range values {
			if want := halfByDefinition(uint16(i + offset)); math.Float32bits(got) != math.Float32bits(want) && !(got != got && want != want) {
				t.Fatalf("F16 %#04x is %g, want %g", uint16(i+offset), got, want)
			}
		}
		decodeBF16(values, data[2*offset:])
		for i, got := range values {
			if bits := uint32(uint16(i+offset)) << 16; math.Float32bits(got) != bits {
				t.Fatalf("BF16 %#04x is %#08x", uint16(i+offset), math.Float32bits(got))
			}
		}
	}
}

// halfByDefinition is IEEE 754's binary16: sign, 5 bits of exponent, 10 of fraction.
func halfByDefinition(bits uint16) float32 {
	sign := 1.0
	if bits>>15 == 1 {
		sign = -1
	}
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	switch {
	case exponent == 31 && fraction != 0:
		return float32(math.NaN())
	case exponent == 31:
		return float32(math.Inf(int(sign)))
	case exponent == 0:
		return float32(math.Copysign(math.Ldexp(fraction, -24), sign))
	}
	return float32(sign * math.Ldexp(1024+fraction, exponent-25))
}
