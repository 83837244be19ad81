package nn

import (
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
)

// fewPositions reports whether a convolution has so few positions and so large a kernel that its gradient is better taken as
// a matrix product, see [gradientByProduct]. Measured on XLA's CPU backend (go test -bench ConvGradient ./nn); GPUs have
// their own kernels for it.
func fewPositions(x, kernel *Node) bool {
	d, k := x.Shape().Dimensions, kernel.Shape().Dimensions
	return d[0]*d[1]*d[2] <= 128 && k[2]*k[3] >= 256*256 && strings.Contains(x.Graph().Backend().Description(), "cpu")
}

// withGradientByProduct is the convolution of stride 1 of x and kernel with the given zero padding, whose gradient by x is
// [gradientByProduct]'s. That by the kernel is GoMLX's.
func withGradientByProduct(x, kernel *Node, padding [2][2]int) *Node {
	// GoMLX lets a gradient be replaced for the identity only: one behind the convolution takes its adjoint down, one before
	// it, which is asked later, gives what was made of that.
	var adjoint *Node
	x = IdentityWithCustomGradient(x, func(x, _ *Node) *Node { return gradientByProduct(adjoint, x, kernel, padding) })
	y := Convolve(x, kernel).PaddingPerDim(padding[:]).Done()
	return IdentityWithCustomGradient(y, func(_, v *Node) *Node {
		adjoint = v
		return v
	})
}

// gradientByProduct is the gradient by x of the convolution of x with kernel [height, width, in, out] for the adjoint v of its
// result: one matrix product gives what each position of v hands to each tap, which is then moved to where the tap stood.
// The usual way, a convolution with the kernel turned round, has to turn it round at each call: 59 MB where 1280 channels meet
// 1280.
func gradientByProduct(v, x, kernel *Node, padding [2][2]int) *Node {
	d, k := v.Shape().Dimensions, kernel.Shape().Dimensions
	in := x.Shape().Dimensions
	shares := DotGeneral(Reshape(v, -1, k[3]), []int{1}, nil, Reshape(kernel, -1, k[3]), []int{1}, nil)
	shares = Reshape(shares, d[0], d[1], d[2], k[0]*k[1], k[2])
	zero := ScalarZero(v.Graph(), v.DType())
	var sum *Node
	for tap := range k[0] * k[1] {
		share := Reshape(Slice(shares, AxisRange(), AxisRange(), AxisRange(), AxisElem(tap), AxisRange()), d[0], d[1], d[2], k[2])
		// Output row r looked at input row r + tap - padding; negative padding cuts off what looked at the padding itself.
		var move [2]PadAxis
		for axis, offset := range [2]int{tap / k[1], tap % k[1]} {
			start := offset - padding[axis][0]
			move[axis] = PadAxis{Start: start, End: in[1+axis] - d[1+axis] - start}
		}
		share = Pad(share, zero, PadAxis{}, move[0], move[1], PadAxis{})
		if sum == nil {
			sum = share
			continue
		}
		sum = Add(sum, share)
	}
	return sum
}
