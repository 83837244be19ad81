package classify

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// NetworkIn makes a network compute in the given type: float16 or bfloat16 instead of float32. Pre-processing, logits and
// the activations that a tap is shown keep the pictures' type.
func NetworkIn(n Network, dtype dtypes.DType) Network {
	if dtype == dtypes.Float32 {
		return n
	}
	return halfNetwork{n, dtype}
}

type halfNetwork struct {
	Network
	dtype dtypes.DType
}

func (h halfNetwork) Forward(s nn.Scope, x *Node, tap Tap) *Node {
	var widened Tap
	if tap != nil {
		widened = func(layer string, activations *Node) *Node {
			return nn.Cast(tap(layer, nn.Cast(activations, x.DType())), h.dtype)
		}
	}
	return nn.Cast(h.Network.Forward(s.In(h.dtype), nn.Cast(x, h.dtype), widened), x.DType())
}
