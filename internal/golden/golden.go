// Package golden reads reference data and compares results with it, for tests and for `otherwise verify`.
package golden

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/setup"
	"otherwise/weights"
)

// TB is what this package needs of a test, or of a check of `otherwise verify`. Fatal ends it.
type TB interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Cleanup(f func())
}

var backend = sync.OnceValues(setup.OpenBackend)

// Backend opens the backend that `otherwise setup` put in place, once for all tests of a package.
func Backend(t TB) compute.Backend {
	t.Helper()
	b, err := backend()
	if err != nil {
		t.Fatalf("no backend for tests (make test sets one up): %v", err)
	}
	return b
}

// JSON decodes the description beside a golden file.
func JSON(t TB, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// File is a golden file under test.
type File struct {
	t TB
	f *weights.File
}

// Open reads a golden file and closes it with the test.
func Open(t TB, path string) *File {
	t.Helper()
	f, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &File{t: t, f: f}
}

// Names lists the file's tensors.
func (g *File) Names() []string { return g.f.Names() }

// Source is the file itself, to load parameters from.
func (g *File) Source() *weights.File { return g.f }

// Has reports whether the file has a tensor of that name.
func (g *File) Has(name string) bool {
	_, _, err := g.f.Info(name)
	return err == nil
}

// Shape returns a tensor's dimensions as stored.
func (g *File) Shape(name string) []int {
	g.t.Helper()
	_, shape, err := g.f.Info(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return shape
}

// Floats returns a tensor's values and dimensions as stored.
func (g *File) Floats(name string) ([]float32, []int) {
	g.t.Helper()
	shape := g.Shape(name)
	data, err := g.f.Float32(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return data, shape
}

// Doubles returns a float64 tensor's values without rounding them.
func (g *File) Doubles(name string) []float64 {
	g.t.Helper()
	dtype, _, err := g.f.Info(name)
	if err != nil {
		g.t.Fatal(err)
	}
	if dtype != weights.F64 {
		g.t.Fatalf("tensor %q has dtype %s, wanted %s", name, dtype, weights.F64)
	}
	raw := g.Bytes(name)
	out := make([]float64, len(raw)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return out
}

// Ints returns an integer tensor's values.
func (g *File) Ints(name string) []int32 {
	g.t.Helper()
	wide, err := g.f.Int64(name)
	if err != nil {
		g.t.Fatal(err)
	}
	out := make([]int32, len(wide))
	for i, v := range wide {
		out[i] = int32(v)
	}
	return out
}

// Bytes returns a mask's values.
func (g *File) Bytes(name string) []byte {
	g.t.Helper()
	data, err := g.f.Bytes(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return data
}

// Tensor returns a tensor, turned from NCHW to NHWC where it has four axes.
func (g *File) Tensor(name string) *tensors.Tensor {
	g.t.Helper()
	data, shape := g.Floats(name)
	if len(shape) == 4 {
		data, shape = NHWC(data, shape)
	}
	return tensors.FromFlatDataAndDimensions(data, shape...)
}

// At returns one of the tensors that are stacked along the first axes of a stored one: the place-th of those of the last
// four axes, turned from NCHW to NHWC.
func (g *File) At(name string, place int) *tensors.Tensor {
	g.t.Helper()
	data, shape := g.Floats(name)
	if len(shape) < 5 {
		g.t.Fatalf("tensor %q has shape %v; wanted are at least five axes", name, shape)
	}
	shape = shape[len(shape)-4:]
	size := shape[0] * shape[1] * shape[2] * shape[3]
	if (place+1)*size > len(data) {
		g.t.Fatalf("tensor %q stacks %d tensors; number %d was asked for", name, len(data)/size, place)
	}
	data, shape = NHWC(data[place*size:(place+1)*size], shape)
	return tensors.FromFlatDataAndDimensions(data, shape...)
}

// NHWC turns values from [batch, channels, height, width] to [batch, height, width, channels].
func NHWC(data []float32, shape []int) ([]float32, []int) {
	b, c, h, w := shape[0], shape[1], shape[2], shape[3]
	out := make([]float32, len(data))
	for n := range b {
		for k := range c {
			for i := range h * w {
				out[(n*h*w+i)*c+k] = data[(n*c+k)*h*w+i]
			}
		}
	}
	return out, []int{b, h, w, c}
}

// Close compares a result with a golden tensor and fails where they differ by more than tolerance anywhere.
func (g *File) Close(got *tensors.Tensor, name string, tolerance float64) {
	g.t.Helper()
	want := tensors.MustCopyFlatData[float32](g.Tensor(name))
	near(g.t, name, tensors.MustCopyFlatData[float32](got), want, Absolute(tolerance))
}

// CloseRMS is Close with a tolerance relative to the root mean square of the golden values.
func (g *File) CloseRMS(got *tensors.Tensor, name string, tolerance float64) {
	g.t.Helper()
	want := tensors.MustCopyFlatData[float32](g.Tensor(name))
	near(g.t, name, tensors.MustCopyFlatData[float32](got), want, RMS(tolerance))
}

// Near fails the test where two slices differ by more than tolerance anywhere; NaN equals NaN only.
func Near(t TB, name string, got, want []float32, tolerance float64) {
	t.Helper()
	near(t, name, got, want, Absolute(tolerance))
}

func near(t TB, name string, got, want []float32, tolerance Tolerance) {
	t.Helper()
	if d := Compare(got, want, tolerance); !d.Pass {
		t.Errorf("%s: %s", name, d)
	}
}
