// Package golden gives tests a backend and the reference data they compare with.
package golden

import (
	"encoding/json"
	"math"
	"os"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/setup"
	"otherwise/weights"
)

var backend = sync.OnceValues(setup.OpenBackend)

// Backend opens the backend that `otherwise setup` put in place, once for all tests of a package.
func Backend(t testing.TB) compute.Backend {
	t.Helper()
	b, err := backend()
	if err != nil {
		t.Fatalf("no backend for tests (make test sets one up): %v", err)
	}
	return b
}

// JSON decodes the description beside a golden file.
func JSON(t testing.TB, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

// File is a golden file under test.
type File struct {
	t testing.TB
	f *weights.File
}

// Open reads a golden file and closes it with the test.
func Open(t testing.TB, path string) *File {
	t.Helper()
	f, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &File{t: t, f: f}
}

// Floats returns a tensor's values and dimensions as stored.
func (g *File) Floats(name string) ([]float32, []int) {
	g.t.Helper()
	_, shape, err := g.f.Info(name)
	if err != nil {
		g.t.Fatal(err)
	}
	data, err := g.f.Float32(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return data, shape
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

// Names lists the file's tensors.
func (g *File) Names() []string { return g.f.Names() }

// Has reports whether the file has a tensor of that name.
func (g *File) Has(name string) bool {
	_, _, err := g.f.Info(name)
	return err == nil
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
	Near(g.t, name, tensors.MustCopyFlatData[float32](got), want, tolerance)
}

// CloseRMS is Close with a tolerance relative to the root mean square of the golden values.
func (g *File) CloseRMS(got *tensors.Tensor, name string, tolerance float64) {
	g.t.Helper()
	want := tensors.MustCopyFlatData[float32](g.Tensor(name))
	var squares float64
	for _, v := range want {
		squares += float64(v) * float64(v)
	}
	Near(g.t, name, tensors.MustCopyFlatData[float32](got), want, tolerance*math.Sqrt(squares/float64(len(want))))
}

// Near fails the test where two slices differ by more than tolerance anywhere; NaN equals NaN only.
func Near(t testing.TB, name string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", name, len(got), len(want))
		return
	}
	worst, at := 0.0, 0
	for i := range got {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(float64(got[i])) != math.IsNaN(float64(want[i])) {
			d = math.Inf(1)
		}
		if d > worst {
			worst, at = d, i
		}
	}
	if worst > tolerance {
		t.Errorf("%s: differs by %.3g at %d (got %g, want %g), tolerance %.3g", name, worst, at, got[at], want[at], tolerance)
	}
}
