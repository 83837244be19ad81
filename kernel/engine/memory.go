package engine

import (
	"fmt"
	"math"
	"syscall"

	"github.com/gomlx/compute/shapes"

	"otherwise/kernel/wire"
)

// checkShape gives the bytes that values of a shape take, for a shape that a client sent.
func checkShape(s shapes.Shape) (int64, error) {
	if !s.DType.IsSupported() || len(s.TupleShapes) > 0 {
		return 0, fmt.Errorf("%w: a buffer of data type %d", wire.ErrMalformed, s.DType)
	}
	elements := int64(1)
	for _, d := range s.Dimensions {
		if d < 0 || d > 0 && elements > math.MaxInt64/16/int64(d) {
			return 0, fmt.Errorf("%w: a buffer of dimensions %v", wire.ErrMalformed, s.Dimensions)
		}
		elements *= int64(d)
	}
	return s.ByteSize(), nil
}

// peakMemory is the most memory that this process ever had resident, in bytes.
func peakMemory() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return usage.Maxrss * maxrssUnit
}
