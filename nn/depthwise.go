package nn

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Depthwise convolves each channel of x [batch, height, width, channels] with its own kernel [kernel height, kernel
// width, 1, channels], with strides, dilations and zero padding (before, after) of height and width.
//
// It is a sum over the kernel's positions of the shifted picture times a row of channels, which XLA fuses to one
// vectorised loop; its own grouped convolution computes one channel at a time on a CPU, and GoMLX's gradient of it is a
// convolution for each channel.
func Depthwise(x, kernel *Node, strides, dilations [2]int, padding [2][2]int) *Node {
	d, k := x.Shape().Dimensions, kernel.Shape().Dimensions
	if len(d) != 4 || len(k) != 4 || k[2] != 1 || k[3] != d[3] {
		exceptions.Panicf("depthwise convolution: a kernel %v for pictures %v; wanted is [height, width, 1, %d]", k, d, d[len(d)-1])
	}
	x = Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{}, PadAxis{Start: padding[0][0], End: padding[0][1]},
		PadAxis{Start: padding[1][0], End: padding[1][1]}, PadAxis{})
	var span [2]int // from the first to the last position that a tap reads, plus one
	for i := range span {
		reach := dilations[i]*(k[i]-1) + 1
		if x.Shape().Dimensions[1+i] < reach {
			exceptions.Panicf("depthwise convolution: padded pictures of %v are smaller than the kernel's reach %d", x.Shape().Dimensions, reach)
		}
		span[i] = (x.Shape().Dimensions[1+i]-reach)/strides[i]*strides[i] + 1
	}
	var sum *Node
	for i := range k[0] {
		for j := range k[1] {
			top, left := i*dilations[0], j*dilations[1]
			shifted := Slice(x, AxisRange(), AxisRange(top, top+span[0]).Stride(strides[0]),
				AxisRange(left, left+span[1]).Stride(strides[1]), AxisRange())
			tap := Mul(shifted, Slice(kernel, AxisElem(i), AxisElem(j), AxisRange(), AxisRange()))
			if sum == nil {
				sum = tap
			} else {
				sum = Add(sum, tap)
			}
		}
	}
	return sum
}
