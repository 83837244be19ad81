package nn

import . "github.com/gomlx/gomlx/core/graph"

// Mix is a way in which tokens attend to each other: the result of queries, keys and values [batch, n, width] and a number
// of heads, such as [Attention] and [CausalAttention].
type Mix func(q, k, v *Node, heads int) *Node

// FusedAttention is self-attention of tokens x [batch, n, width] in the layout of PyTorch's MultiheadAttention: parameters
// "in_proj_weight" [3 width, width] and "in_proj_bias", and the layer "out_proj".
func FusedAttention(s Scope, x *Node, heads int, mix Mix) *Node {
	width := x.Shape().Dimensions[2]
	qkv := product(x, s.Param("in_proj_weight", FanIn(1), 3*width, width), 1)
	qkv = Add(qkv, alongLast(s.Param("in_proj_bias", Constant(0), 3*width), 3))
	return Linear(s.Sub("out_proj"), mixParts(qkv, heads, mix), width)
}

// QKVAttention is self-attention of tokens x [batch, n, width] in the layout of most vision transformers: layers "qkv", whose
// output is queries, keys and values in this order, and "proj".
func QKVAttention(s Scope, x *Node, heads int, mix Mix) *Node {
	width := x.Shape().Dimensions[2]
	return Linear(s.Sub("proj"), mixParts(Linear(s.Sub("qkv"), x, 3*width), heads, mix), width)
}

func mixParts(qkv *Node, heads int, mix Mix) *Node {
	parts := Split(qkv, -1, 3)
	return mix(parts[0], parts[1], parts[2], heads)
}

// Patches are non-overlapping squares of x [batch, height, width, channels], each mapped to one token of the given width, by a
// convolution "weight" as large as its stride: [batch, height/patch, width/patch, width]. A rest of pixels is left out.
func Patches(s Scope, x *Node, patch, width int, bias bool) *Node {
	d := x.Shape().Dimensions
	rows, columns := d[1]/patch, d[2]/patch
	x = Slice(x, AxisRange(), AxisRange(0, rows*patch), AxisRange(0, columns*patch))
	w := s.Param("weight", FanIn(1), patch, patch, d[3], width)
	// A matrix product, which a gradient through a strided convolution would not be.
	y := product(SpaceToDepth(x, patch), Reshape(w, patch*patch*d[3], width), 0)
	if !bias {
		return y
	}
	return Add(y, alongLast(s.Param("bias", Constant(0), width), 4))
}
