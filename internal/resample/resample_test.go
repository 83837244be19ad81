package resample

import (
	"math"
	"testing"
)

// Whatever the sizes, each output is an average: weights add up to one and lie on the axis.
func TestWindowsAreAverages(t *testing.T) {
	for _, in := range []int{1, 2, 3, 7, 40} {
		for _, out := range []int{1, 2, 5, 7, 13, 81} {
			for name, windows := range map[string][]Window{
				"box":     Antialiased[float64](in, out, Box),
				"linear":  Antialiased[float32](in, out, Triangle),
				"cubic":   Antialiased[float64](in, out, Cubic),
				"lanczos": Antialiased[float64](in, out, Lanczos),
				"area":    Area(in, out),
				"plain":   Linear(in, out, HalfPixel(float64(in)/float64(out))),
				"aligned": Linear(in, out, AlignedCorners(in, out)),
				"bicubic": Bicubic(in, out, HalfPixel(float64(in)/float64(out))),
				"nearest": Nearest(in, out, false),
				"exact":   Nearest(in, out, true),
			} {
				if len(windows) != out {
					t.Fatalf("%s from %d to %d: %d windows", name, in, out, len(windows))
				}
				for o, w := range windows {
					var sum float64
					for _, v := range w.Weights {
						sum += v
					}
					if math.Abs(sum-1) > 1e-6 || w.First < 0 || w.First+len(w.Weights) > in {
						t.Errorf("%s from %d to %d: window %d begins at %d with weights %v", name, in, out, o, w.First, w.Weights)
					}
				}
			}
		}
	}
}

// An axis that keeps its size is left as it is.
func TestSameSizeIsTheIdentity(t *testing.T) {
	for name, windows := range map[string][]Window{"cubic": Antialiased[float64](9, 9, Cubic), "lanczos": Antialiased[float64](9, 9, Lanczos),
		"plain": Linear(9, 9, HalfPixel(1)), "bicubic": Bicubic(9, 9, HalfPixel(1)), "area": Area(9, 9), "nearest": Nearest(9, 9, true)} {
		for o, w := range windows {
			for i, v := range w.Weights {
				want := 0.0
				if w.First+i == o {
					want = 1
				}
				if math.Abs(v-want) > 1e-12 {
					t.Errorf("%s: window %d has weight %g at %d", name, o, v, w.First+i)
				}
			}
		}
	}
}
