package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Blend keeps the foreground where the mask [batch, height, width, 1] is 1 and the background elsewhere. Source: Avrahami et
// al., 2023 (Blended Latent Diffusion), Algorithm 1.
func Blend(foreground, background, mask *Node) *Node {
	return Add(Mul(foreground, mask), Mul(background, OneMinus(mask)))
}

// MatchNorm rescales each sample of a guidance g [batch, height, width, channels] to the L2 norm of like; zero stays zero.
// Source: public codes of LDCE and DVCE (`enforce_same_norms`); SPEC-LDCE 3.7.
func MatchNorm(g, like *Node) *Node {
	norm := func(x *Node) *Node { return Sqrt(ReduceAndKeep(Square(x), ReduceSum, 1, 2, 3)) }
	// the code's 1e-22 squares to zero in float32, so the smallest divisor here is the smallest normal number
	return Mul(Div(g, MaxScalar(norm(g), 1e-37)), norm(like))
}
