package nn_test

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

// network is a small file of weights with a kernel whose channels don't divide evenly into anything.
func network(t testing.TB) weights.Source {
	t.Helper()
	raw, err := weights.Marshal([]weights.Tensor{
		{Name: "conv.weight", DType: weights.F32, Shape: []int{37, 5, 3, 2}, Data: nn.Gaussian(1, "conv", 37*5*3*2)},
		{Name: "conv.bias", DType: weights.F32, Shape: []int{37}, Data: nn.Gaussian(1, "bias", 37)},
		{Name: "fc.weight", DType: weights.F32, Shape: []int{4, 37}, Data: nn.Gaussian(1, "fc", 4*37)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestLoadTurnsKernels(t *testing.T) {
	p, err := nn.LoadParams(network(t))
	if err != nil {
		t.Fatal(err)
	}
	got, want := tensors.MustCopyFlatData[float32](p.Get("conv.weight")), nn.Gaussian(1, "conv", 37*5*3*2)
	for o := range 37 {
		for i := range 5 {
			for h := range 3 {
				for w := range 2 {
					if got[((h*2+w)*5+i)*37+o] != want[((o*5+i)*3+h)*2+w] {
						t.Fatalf("element [%d %d %d %d] is %g, want %g", o, i, h, w, got[((h*2+w)*5+i)*37+o], want[((o*5+i)*3+h)*2+w])
					}
				}
			}
		}
	}
}

func TestLoadOntoADeviceGivesTheSameParameters(t *testing.T) {
	src, backend := network(t), golden.Backend(t)
	host, err := nn.LoadParams(src)
	if err != nil {
		t.Fatal(err)
	}
	device, err := nn.Load(src, nn.LoadOptions{Backend: backend})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range host.Names() {
		if !device.Get(name).IsOnDevice(0) {
			t.Errorf("%s is not on the device", name)
		}
		if !device.Get(name).Equal(host.Get(name)) {
			t.Errorf("%s differs on the device", name)
		}
	}
	sum := nn.NewProgram(backend, "sum", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{ReduceAllSum(s[0].Param("fc.weight", nn.Constant(0), 4, 37))}
	})
	var want float64
	for _, v := range nn.Gaussian(1, "fc", 4*37) {
		want += float64(v)
	}
	for range 2 { // the parameters outlive a call
		out, err := sum.Call1([]*nn.Params{device})
		if err != nil {
			t.Fatal(err)
		}
		if got := tensors.ToScalar[float32](out); math.Abs(float64(got)-want) > 1e-4 {
			t.Errorf("sum is %g, want %g", got, want)
		}
	}
}

func TestLoadInHalfPrecision(t *testing.T) {
	src := network(t)
	full, err := nn.LoadParams(src)
	if err != nil {
		t.Fatal(err)
	}
	want := tensors.MustCopyFlatData[float32](full.Get("conv.weight"))
	for precision, read := range map[dtypes.DType]func(p *nn.Params) []float32{
		dtypes.Float16: func(p *nn.Params) []float32 {
			return widened(tensors.MustCopyFlatData[float16.Float16](p.Get("conv.weight")))
		},
		dtypes.BFloat16: func(p *nn.Params) []float32 {
			return widened(tensors.MustCopyFlatData[bfloat16.BFloat16](p.Get("conv.weight")))
		},
	} {
		p, err := nn.Load(src, nn.LoadOptions{Backend: golden.Backend(t), Precision: precision})
		if err != nil {
			t.Fatal(err)
		}
		relative := map[dtypes.DType]float64{dtypes.Float16: 1.0 / 2048, dtypes.BFloat16: 1.0 / 256}[precision]
		for i, v := range read(p) {
			if math.Abs(float64(v-want[i])) > relative*math.Abs(float64(want[i]))+1e-7 {
				t.Fatalf("%s: element %d is %g, want %g", precision, i, v, want[i])
			}
		}
		if got := p.Get("conv.bias").DType(); got != dtypes.Float32 {
			t.Errorf("%s: the bias is %s, want float32", precision, got)
		}
	}
}

func widened[T interface{ Float32() float32 }](values []T) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = v.Float32()
	}
	return out
}

func TestLoadRefusesWhatAPrecisionCannotHold(t *testing.T) {
	raw, err := weights.Marshal([]weights.Tensor{{Name: "w", DType: weights.F32, Shape: []int{1, 2}, Data: []float32{1, 1e6}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	_, err = nn.Load(file, nn.LoadOptions{Precision: dtypes.Float16})
	if err == nil || !strings.Contains(err.Error(), `"w": element 1 is 1e+06`) {
		t.Errorf("error %v", err)
	}
	if _, err := nn.Load(file, nn.LoadOptions{Precision: dtypes.Int8}); err == nil || !strings.Contains(err.Error(), "legal are") {
		t.Errorf("error %v", err)
	}
}

// BenchmarkLoad reads 118 MB of the largest kernels of Stable Diffusion from a file onto the device.
func BenchmarkLoad(b *testing.B) {
	backend := golden.Backend(b)
	path := filepath.Join(b.TempDir(), "kernels.safetensors")
	var all []weights.Tensor
	data := nn.Gaussian(1, "kernel", 1280*1280*9)
	for i := range 2 {
		all = append(all, weights.Tensor{Name: fmt.Sprint(i), DType: weights.F32, Shape: []int{1280, 1280, 3, 3}, Data: data})
	}
	if err := weights.Write(path, all, nil); err != nil {
		b.Fatal(err)
	}
	src, err := weights.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	b.SetBytes(2 * 4 * int64(len(data)))
	for b.Loop() {
		p, err := nn.Load(src, nn.LoadOptions{Backend: backend})
		if err != nil {
			b.Fatal(err)
		}
		for _, t := range p.Tensors() {
			nn.Free(t)
		}
	}
}
