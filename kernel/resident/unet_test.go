package resident_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/bundle"
	"otherwise/diffusion"
	"otherwise/kernel/engine"
	"otherwise/kernel/resident"
	"otherwise/nn"
)

// unetGradient is the gradient of the energy of a noise estimate, to the latent and every parameter of the U-Net.
func unetGradient(b compute.Backend, m *diffusion.Model) *nn.Program {
	return nn.NewProgram(b, "U-Net's gradient", func(nets []nn.Scope, a []*Node) []*Node {
		z, t, cond := a[0], a[1], a[2]
		energy := ReduceAllSum(Square(m.Denoiser.Eps(nets[0], z, t, cond)))
		_, params := nets[0].Used()
		return append([]*Node{energy}, Gradient(energy, append([]*Node{z}, params...)...)...)
	})
}

// unetInputs are a latent, a timestep and the condition of a class.
func unetInputs(t testing.TB, m *diffusion.Model) []any {
	t.Helper()
	dims := m.LatentDims(1, 32, 32)
	size := 1
	for _, d := range dims {
		size *= d
	}
	random := rand.New(rand.NewPCG(1, 2))
	latent := make([]float32, size)
	for i := range latent {
		latent[i] = float32(random.NormFloat64())
	}
	tokens, err := m.Conditioner.Tokens([]int{3})
	if err != nil {
		t.Fatal(err)
	}
	return []any{tensors.FromFlatDataAndDimensions(latent, dims...), []int32{421}, tokens}
}

func openBundle(t testing.TB, b compute.Backend) *diffusion.Model {
	t.Helper()
	bd, err := bundle.Open(b, "fashion")
	if err != nil {
		t.Fatal(err)
	}
	return bd.Models.Diffusion
}

// TestUNetGradient computes a gradient of the shipped U-Net on an engine and in process: to the last bit the same.
func TestUNetGradient(t *testing.T) {
	gradient := func(b compute.Backend) [][]float32 {
		m := openBundle(t, b)
		out, err := unetGradient(b, m).Call([]*nn.Params{m.DenoiserParams}, unetInputs(t, m)...)
		if err != nil {
			t.Fatal(err)
		}
		var all [][]float32
		for _, o := range out {
			all = append(all, tensors.MustCopyFlatData[float32](o))
		}
		return all
	}
	want := gradient(inProcess)
	got := gradient(connect(t, startEngine(t, engine.Options{})))
	if len(got) != len(want) || len(got) < 100 {
		t.Fatalf("%d results, want %d", len(got), len(want))
	}
	for i := range got {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("result %d of %d differs", i, len(got))
		}
	}
	if !slices.ContainsFunc(want[1], func(v float32) bool { return v != 0 }) {
		t.Error("the gradient to the latent is zero")
	}
}

// BenchmarkUNetGradientAgain is what a second cell waits for: a new connection, the bundle's parameters found on the engine, the
// gradient's graph built anew, its program found, one execution and one number read.
func BenchmarkUNetGradientAgain(b *testing.B) {
	address, _ := startProcess(b)
	run := func() {
		backend, err := resident.New(address)
		if err != nil {
			b.Fatal(err)
		}
		defer backend.Finalize()
		m := openBundle(b, backend)
		out, err := unetGradient(backend, m).Call([]*nn.Params{m.DenoiserParams}, unetInputs(b, m)...)
		if err != nil {
			b.Fatal(err)
		}
		tensors.MustCopyFlatData[float32](out[0])
	}
	run()
	for b.Loop() {
		run()
	}
}
