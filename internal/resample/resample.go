// Package resample holds the weights by which pictures are resized, one axis at a time: those of PyTorch's
// torch.nn.functional.interpolate, and the antialiasing ones that it shares with Pillow.
package resample

import "math"

// Window says which neighbouring positions of an axis make one position of its resized version, and by what weights.
type Window struct {
	First   int
	Weights []float64
}

// Kernel is a resampling kernel: a function that is zero beyond its support.
type Kernel struct {
	At      func(x float64) float64
	Support float64
}

// The kernels of Pillow. PyTorch has Triangle and Cubic for its antialiased modes bilinear and bicubic.
var (
	Box      = Kernel{box, 0.5}
	Triangle = Kernel{triangle, 1}
	Cubic    = Kernel{func(x float64) float64 { return cubic(x, -0.5) }, 2}
	Lanczos  = Kernel{lanczos, 3}
)

// Antialiased are the windows that resize an axis of in positions to out, with the kernel widened by as much as the axis
// shrinks. Positions are worked out in the arithmetic of F: Pillow's (precompute_coeffs in Resample.c) is float64, that of
// PyTorch's antialias=True on float32 tensors float32, which shows in the fifth digit.
func Antialiased[F float32 | float64](in, out int, k Kernel) []Window {
	scale := F(in) / F(out)
	widening := max(scale, 1)
	narrowing := 1 / widening // multiplied by, as both do, for the same last bit
	support := F(k.Support) * widening
	windows := make([]Window, out)
	for o := range windows {
		centre := (F(o) + 0.5) * scale
		first := max(0, int(centre-support+0.5))
		last := min(in, int(centre+support+0.5))
		weights := make([]float64, last-first)
		var sum float64
		for i := range weights {
			weights[i] = k.At(float64((F(first+i) - centre + 0.5) * narrowing))
			sum += weights[i]
		}
		for i := range weights {
			weights[i] /= sum
		}
		windows[o] = Window{first, weights}
	}
	return windows
}

// Area are the windows that average the positions an output covers, whole positions only: PyTorch's mode area and its
// adaptive_avg_pool2d.
func Area(in, out int) []Window {
	windows := make([]Window, out)
	for o := range windows {
		first, end := o*in/out, ((o+1)*in+out-1)/out
		weights := make([]float64, end-first)
		for i := range weights {
			weights[i] = 1 / float64(end-first)
		}
		windows[o] = Window{first, weights}
	}
	return windows
}

// Source says which position of an axis of in positions an output position lies on, in the float32 arithmetic of PyTorch.
type Source func(o int) float64

// HalfPixel keeps the outer edges of the axis in place; scale is the input's size over the output's.
func HalfPixel(scale float64) Source {
	// PyTorch's kernels multiply and add with one rounding
	return func(o int) float64 { return float64(float32(float64(float32(scale))*(float64(o)+0.5) - 0.5)) }
}

// AlignedCorners keeps the centres of the outermost positions in place.
func AlignedCorners(in, out int) Source {
	if out == 1 {
		return func(int) float64 { return 0 }
	}
	scale := float32(in-1) / float32(out-1)
	return func(o int) float64 { return float64(scale * float32(o)) }
}

// Linear are the windows of linear interpolation between the two positions around each source; the outermost positions
// go on beyond the axis.
func Linear(in, out int, source Source) []Window {
	windows := make([]Window, out)
	for o := range windows {
		at := min(max(source(o), 0), float64(in-1))
		first := min(int(at), max(in-2, 0))
		part := at - float64(first)
		windows[o] = Window{first, []float64{1 - part, part}[:min(2, in)]}
	}
	return windows
}

// Bicubic are the windows of PyTorch's cubic convolution (a = -0.75) of the four positions around each source; the
// outermost positions go on beyond the axis.
func Bicubic(in, out int, source Source) []Window {
	windows := make([]Window, out)
	for o := range windows {
		at := source(o)
		floor := int(math.Floor(at))
		first, last := min(max(floor-1, 0), in-1), min(max(floor+2, 0), in-1)
		w := Window{first, make([]float64, last-first+1)}
		for i := floor - 1; i <= floor+2; i++ {
			w.Weights[min(max(i, first), last)-first] += cubic(at-float64(i), -0.75)
		}
		windows[o] = w
	}
	return windows
}

// Nearest are the windows that copy one position each: the one that the output's first edge lies in, or with centre its
// middle.
func Nearest(in, out int, centre bool) []Window {
	windows := make([]Window, out)
	for o := range windows {
		first := o * in / out
		if centre {
			first = (2*o + 1) * in / (2 * out)
		}
		windows[o] = Window{first, []float64{1}}
	}
	return windows
}

func box(x float64) float64 {
	if x > -0.5 && x <= 0.5 {
		return 1
	}
	return 0
}

func triangle(x float64) float64 { return max(0, 1-math.Abs(x)) }

// cubic is the cubic convolution kernel of Keys, 1981, with the given parameter.
func cubic(x, a float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}

func lanczos(x float64) float64 {
	if x < -3 || x >= 3 {
		return 0
	}
	return sinc(x) * sinc(x/3)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(x*math.Pi) / (x * math.Pi)
}
