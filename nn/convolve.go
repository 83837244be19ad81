package nn

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ConvOptions are the settings of a convolution that is not the plain square one of [Conv2D]. Pairs are height, width.
type ConvOptions struct {
	Kernel   [2]int
	Stride   [2]int    // 0 is 1
	Padding  [2][2]int // zeros before and after
	Dilation [2]int    // distance between the kernel's taps; 0 is 1
	Groups   int       // channels are split into so many groups that don't see each other; 0 is 1
	Bias     bool      // the layer has a parameter "bias"
}

// SquareConv are the settings of a convolution without bias that are the same for height and width.
func SquareConv(kernel, stride, padding int) ConvOptions {
	p := [2]int{padding, padding}
	return ConvOptions{Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride}, Padding: [2][2]int{p, p}}
}

// Conv convolves x [batch, height, width, in] to [batch, height', width', out], parameters "weight" [height, width,
// in/groups, out] and, where the options say so, "bias".
func Conv(s Scope, x *Node, out int, o ConvOptions) *Node {
	o = o.withDefaults()
	in := x.Shape().Dimensions[3]
	if in%o.Groups != 0 || out%o.Groups != 0 {
		exceptions.Panicf("convolution: %d channels to %d cannot be split into %d groups", in, out, o.Groups)
	}
	if o.isPlain() {
		if o.Bias {
			s.Param("bias", Constant(0), out) // a file that lacks it must not pass for a layer without one
		} else {
			s.source = biasless{s.source}
		}
		return ConvGeneral2D(s, x, out, o.Kernel[0], o.Stride[0], o.Padding[0])
	}
	y := Convolve2D(x, s.Param("weight", FanIn(1), o.Kernel[0], o.Kernel[1], in/o.Groups, out), o)
	if !o.Bias {
		return y
	}
	return Add(y, alongLast(s.Param("bias", Constant(0), out), 4))
}

// Convolve2D convolves x [batch, height, width, in] with a kernel [height, width, in/groups, out]. The kernel's size is
// that of the node; Kernel and Bias of the options are not looked at.
func Convolve2D(x, kernel *Node, o ConvOptions) *Node {
	o = o.withDefaults()
	if in := x.Shape().Dimensions[3]; o.Groups == in && in > 1 {
		if multiple := kernel.Shape().Dimensions[3] / in; multiple > 1 { // each channel gives several neighbouring ones
			d := x.Shape().Dimensions
			x = Reshape(BroadcastToDims(ExpandAxes(x, -1), d[0], d[1], d[2], in, multiple), d[0], d[1], d[2], in*multiple)
		}
		return Depthwise(x, kernel, o.Stride, o.Dilation, o.Padding)
	}
	if o.takesPatches(kernel) {
		return patchProduct(x, kernel)
	}
	if o.Stride == [2]int{1, 1} && o.Dilation == [2]int{1, 1} && o.Groups == 1 && fewPositions(x, kernel) {
		return withGradientByProduct(x, kernel, o.Padding)
	}
	kernel, o.Padding = withOddReach(kernel, o)
	conv := Convolve(x, kernel).PaddingPerDim(o.Padding[:])
	if o.Dilation != [2]int{1, 1} {
		if o.Stride != [2]int{1, 1} {
			exceptions.Panicf("convolution: stride %v and dilation %v; at most one of them can differ from 1", o.Stride, o.Dilation)
		}
		conv = conv.DilationPerAxis(o.Dilation[:]...)
	} else {
		conv = conv.StridePerAxis(o.Stride[:]...)
	}
	if o.Groups > 1 {
		conv = conv.ChannelGroupCount(o.Groups)
	}
	return conv.Done()
}

// takesPatches says that the kernel moves by its own size: it looks at each patch of the picture once.
func (o ConvOptions) takesPatches(kernel *Node) bool {
	return o.Stride == [2]int(kernel.Shape().Dimensions[:2]) && o.Padding == [2][2]int{} && o.Dilation == [2]int{1, 1} && o.Groups == 1
}

// patchProduct is a convolution of patches side by side as one matrix product. What is left at the end of an axis is not
// looked at.
func patchProduct(x, kernel *Node) *Node {
	d, k := x.Shape().Dimensions, kernel.Shape().Dimensions
	rows, columns := d[1]/k[0], d[2]/k[1]
	if rows < 1 || columns < 1 {
		exceptions.Panicf("convolution: a kernel of %dx%d for pictures of %dx%d", k[0], k[1], d[1], d[2])
	}
	x = Slice(x, AxisRange(), AxisRange(0, rows*k[0]), AxisRange(0, columns*k[1]), AxisRange())
	patches := TransposeAllAxes(Reshape(x, d[0], rows, k[0], columns, k[1], d[3]), 0, 1, 3, 2, 4, 5)
	y := product(Reshape(patches, -1, k[0]*k[1]*d[3]), Reshape(kernel, -1, k[3]), 0)
	return Reshape(y, d[0], rows, columns, k[3])
}

// withOddReach adds a tap of zeros, and the padding for it, where the kernel reaches over an even number of positions:
// GoMLX's gradient by the input (convVJPWrtX of v0.28.7) is shifted by one position for such kernels.
func withOddReach(kernel *Node, o ConvOptions) (*Node, [2][2]int) {
	var extra [2]PadAxis
	for axis := range 2 {
		if reach := (kernel.Shape().Dimensions[axis]-1)*o.Dilation[axis] + 1; reach%2 == 0 {
			extra[axis].End = 1
			o.Padding[axis][1] += o.Dilation[axis]
		}
	}
	if extra == ([2]PadAxis{}) {
		return kernel, o.Padding
	}
	return Pad(kernel, ScalarZero(kernel.Graph(), kernel.DType()), extra[0], extra[1]), o.Padding
}

func (o ConvOptions) withDefaults() ConvOptions {
	for axis := range 2 {
		o.Stride[axis] = max(o.Stride[axis], 1)
		o.Dilation[axis] = max(o.Dilation[axis], 1)
	}
	o.Groups = max(o.Groups, 1)
	return o
}

// isPlain says that [ConvGeneral2D] can do it.
func (o ConvOptions) isPlain() bool {
	return o.Groups == 1 && o.Dilation == [2]int{1, 1} && o.Kernel[0] == o.Kernel[1] && o.Stride[0] == o.Stride[1] &&
		o.Padding[0] == o.Padding[1]
}

// biasless is a source of which layers don't ask for what they can do without.
type biasless struct{ source }

func (biasless) has(string) bool { return false }
