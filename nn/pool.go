package nn

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// PoolOptions are the settings of [MaxPool2D] and [AvgPool2D], as PyTorch has them. Pairs are height, width.
type PoolOptions struct {
	Kernel  [2]int
	Stride  [2]int    // 0 is the kernel's size
	Padding [2][2]int // before and after; a maximum never takes a padded position
	// Ceil lets a last window hang over the end of the padded picture, if it begins inside (ceil_mode).
	Ceil bool
	// CountPadding makes an average divide by the window's size where part of it is padding (count_include_pad).
	CountPadding bool
}

// SquarePool are the settings of a pooling that are the same for height and width.
func SquarePool(kernel, stride, padding int) PoolOptions {
	p := [2]int{padding, padding}
	return PoolOptions{Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride}, Padding: [2][2]int{p, p}}
}

// MaxPool2D takes the maximum of each window of x [batch, height, width, channels].
func MaxPool2D(x *Node, o PoolOptions) *Node {
	o = o.withDefaults()
	windows := o.windows(x)
	return MaxPool(x).WindowPerAxis(o.Kernel[:]...).StridePerAxis(o.Stride[:]...).PaddingPerDim(reach(windows, o)).Done()
}

// AvgPool2D takes the average of each window of x [batch, height, width, channels].
func AvgPool2D(x *Node, o PoolOptions) *Node {
	o = o.withDefaults()
	windows := o.windows(x)
	sum := SumPool(x).WindowPerAxis(o.Kernel[:]...).StridePerAxis(o.Stride[:]...).PaddingPerDim(reach(windows, o)).Done()
	rows, columns := windows[0].shares(o, 0), windows[1].shares(o, 1)
	shares := make([][]float64, len(rows))
	for i, row := range rows {
		shares[i] = make([]float64, len(columns))
		for j, column := range columns {
			shares[i][j] = row * column
		}
	}
	return Mul(sum, Reshape(ConstAsDType(x.Graph(), x.DType(), shares), 1, len(rows), len(columns), 1))
}

// windows are the pooling windows along one axis.
type windows struct {
	size  int // of the axis
	count int
}

// windows works out how many windows there are along both axes.
func (o PoolOptions) windows(x *Node) [2]windows {
	var out [2]windows
	for axis := range 2 {
		size := x.Shape().Dimensions[1+axis]
		room := size + o.Padding[axis][0] + o.Padding[axis][1] - o.Kernel[axis]
		if room < 0 || o.Kernel[axis] < 1 {
			exceptions.Panicf("pooling: a window of %v does not fit into %s with padding %v", o.Kernel, x.Shape(), o.Padding)
		}
		count := room/o.Stride[axis] + 1
		if o.Ceil && room%o.Stride[axis] != 0 && count*o.Stride[axis] < size+o.Padding[axis][0] {
			count++
		}
		out[axis] = windows{size: size, count: count}
	}
	return out
}

// reach is the padding that just covers the windows.
func reach(w [2]windows, o PoolOptions) [][2]int {
	out := make([][2]int, 2)
	for axis := range 2 {
		end := (w[axis].count-1)*o.Stride[axis] + o.Kernel[axis] // of the last window, in padded positions
		out[axis] = [2]int{o.Padding[axis][0], max(0, end-w[axis].size-o.Padding[axis][0])}
	}
	return out
}

// shares are one over the number of positions that each window counts along the given axis.
func (w windows) shares(o PoolOptions, axis int) []float64 {
	out := make([]float64, w.count)
	for i := range out {
		first := i*o.Stride[axis] - o.Padding[axis][0]
		last := first + o.Kernel[axis]
		if o.CountPadding {
			last = min(last, w.size+o.Padding[axis][1]) // what only Ceil adds is not counted
		} else {
			first, last = max(first, 0), min(last, w.size)
		}
		out[i] = 1 / float64(last-first)
	}
	return out
}

func (o PoolOptions) withDefaults() PoolOptions {
	for axis := range 2 {
		if o.Stride[axis] == 0 {
			o.Stride[axis] = o.Kernel[axis]
		}
	}
	return o
}
