package golden

import (
	"encoding/binary"
	"math"
)

// Doubles returns a float64 tensor's values without rounding them.
func (g *File) Doubles(name string) []float64 {
	g.t.Helper()
	raw := g.Bytes(name)
	out := make([]float64, len(raw)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return out
}
