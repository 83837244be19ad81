package diffusion

import (
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
)

// spatialTransformer lets every position of x [batch, height, width, channels] attend to all others and to the
// condition tokens cond [batch, tokens, width]; the result is added to x. Source: latent diffusion (Rombach et al.,
// 2022), module names as in diffusers' Transformer2DModel. depth is the number of transformer blocks.
func spatialTransformer(s nn.Scope, x, cond *Node, heads, depth, groups int, linearProjection bool) *Node {
	d := x.Shape().Dimensions
	channels := d[3]
	h := nn.GroupNorm(s.Sub("norm"), x, groups, 1e-6)
	if linearProjection {
		h = nn.Linear(s.Sub("proj_in"), Reshape(h, d[0], d[1]*d[2], channels), channels)
	} else {
		h = Reshape(nn.Conv2D(s.Sub("proj_in"), h, channels, 1), d[0], d[1]*d[2], channels)
	}
	for i := range depth {
		h = transformerBlock(s.Sub("transformer_blocks").Sub(strconv.Itoa(i)), h, cond, heads)
	}
	if linearProjection {
		h = Reshape(nn.Linear(s.Sub("proj_out"), h, channels), d...)
	} else {
		h = nn.ZeroConv2D(s.Sub("proj_out"), Reshape(h, d...), channels, 1)
	}
	return s.Watched(Add(x, h))
}

// transformerBlock is self-attention, cross-attention and a GEGLU feed-forward layer, each on the layer-normalised
// input and added to it. h: [batch, n, channels].
func transformerBlock(s nn.Scope, h, cond *Node, heads int) *Node {
	n := nn.LayerNorm(s.Sub("norm1"), h, 1e-5)
	h = Add(h, attend(s.Sub("attn1"), n, n, heads))
	n = nn.LayerNorm(s.Sub("norm2"), h, 1e-5)
	h = Add(h, attend(s.Sub("attn2"), n, cond, heads))
	n = nn.LayerNorm(s.Sub("norm3"), h, 1e-5)
	return Add(h, s.Sub("ff").Watched(feedForward(s.Sub("ff").Sub("net"), n)))
}

func attend(s nn.Scope, x, context *Node, heads int) *Node {
	width := x.Shape().Dimensions[2]
	q := nn.LinearNoBias(s.Sub("to_q"), x, width)
	k := nn.LinearNoBias(s.Sub("to_k"), context, width)
	v := nn.LinearNoBias(s.Sub("to_v"), context, width)
	return s.Watched(nn.Linear(s.Sub("to_out").Sub("0"), nn.Attention(q, k, v, heads), width))
}

// feedForward is GEGLU: the first half of the projection times the GELU of the second half.
func feedForward(s nn.Scope, x *Node) *Node {
	width := x.Shape().Dimensions[2]
	halves := Split(nn.Linear(s.Sub("0").Sub("proj"), x, 8*width), 2, 2)
	return nn.Linear(s.Sub("2"), Mul(halves[0], nn.GELU(halves[1])), width)
}
