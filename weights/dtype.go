package weights

import (
	"fmt"
	"slices"
	"strings"
)

// DType is an element type under the name that safetensors files use for it.
type DType string

// The element types that can stand in a file. All are little-endian. See [File.Float32], [File.Int64] and [Tensor] for
// those that can be converted; the bytes of the others are passed through.
const (
	Bool   DType = "BOOL"
	U8     DType = "U8"
	I8     DType = "I8"
	F8E5M2 DType = "F8_E5M2"
	F8E4M3 DType = "F8_E4M3"
	I16    DType = "I16"
	U16    DType = "U16"
	F16    DType = "F16"
	BF16   DType = "BF16"
	I32    DType = "I32"
	U32    DType = "U32"
	F32    DType = "F32"
	F64    DType = "F64"
	I64    DType = "I64"
	U64    DType = "U64"
)

// dtypes lists the legal types in the order of the published implementation, which lays tensors out by it, the last first.
var dtypes = []struct {
	dtype DType
	size  int
}{
	{Bool, 1}, {U8, 1}, {I8, 1}, {F8E5M2, 1}, {F8E4M3, 1},
	{I16, 2}, {U16, 2}, {F16, 2}, {BF16, 2},
	{I32, 4}, {U32, 4}, {F32, 4},
	{F64, 8}, {I64, 8}, {U64, 8},
}

// rank returns the place of a type in dtypes, and -1 for a type that is not legal.
func (d DType) rank() int {
	for i, known := range dtypes {
		if known.dtype == d {
			return i
		}
	}
	return -1
}

// Size returns the bytes of one element: 1, 2, 4 or 8, and 0 for a type that is not one of the constants.
func (d DType) Size() int {
	if i := d.rank(); i >= 0 {
		return dtypes[i].size
	}
	return 0
}

// IsFloat reports whether d is a floating-point type.
func (d DType) IsFloat() bool {
	switch d {
	case F8E5M2, F8E4M3, F16, BF16, F32, F64:
		return true
	}
	return false
}

// checkDType returns an error that lists the legal types if d is none of them.
func checkDType(d DType) error {
	if d.Size() > 0 {
		return nil
	}
	var legal []string
	for _, known := range dtypes {
		legal = append(legal, string(known.dtype))
	}
	return fmt.Errorf("unknown dtype %q, legal are %s", d, strings.Join(legal, " "))
}

// oneOf returns an error that lists the types an operation takes if d is none of them.
func oneOf(d DType, operation string, legal ...DType) error {
	if slices.Contains(legal, d) {
		return nil
	}
	return fmt.Errorf("has dtype %s, %s takes %s", d, operation, strings.Trim(fmt.Sprint(legal), "[]"))
}
