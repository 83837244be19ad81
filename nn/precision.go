package nn

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// In returns the scope with all parameters converted to the type that a network computes in, whatever they are stored as.
// Without it they are float32.
func (s Scope) In(dtype dtypes.DType) Scope {
	s.dtype = dtype
	return s
}

// ParsePrecision returns the type that a precision's name stands for: float32 (also ""), float16 or bfloat16.
func ParsePrecision(name string) (dtypes.DType, error) {
	switch name {
	case "", "float32":
		return dtypes.Float32, nil
	case "float16":
		return dtypes.Float16, nil
	case "bfloat16":
		return dtypes.BFloat16, nil
	}
	return dtypes.InvalidDType, fmt.Errorf("unknown precision %q; legal are float32, bfloat16 and float16", name)
}

// Cast converts x to another type, unless it has it.
func Cast(x *Node, dtype dtypes.DType) *Node {
	if x.DType() == dtype {
		return x
	}
	return ConvertDType(x, dtype)
}

// inFloat32 computes f of x in float32 and gives the result in x's type: for means, deviations and exponentials, in which
// half precision loses more than elsewhere.
func inFloat32(x *Node, f func(x *Node) *Node) *Node {
	return Cast(f(Cast(x, dtypes.Float32)), x.DType())
}
