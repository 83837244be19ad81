package nn_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

func TestAdamAgreesWithReference(t *testing.T) {
	g := golden.Open(t, "../testdata/golden/eced_adam.safetensors")
	program := nn.NewProgram(golden.Backend(t), "adam", func(_ []nn.Scope, a []*Node) []*Node {
		p, m, v := nn.Adam(a[0], a[1], a[2], a[3], a[4], a[5])
		return []*Node{p, m, v}
	})
	const n = 4 * 8 * 8
	grads, _ := g.Floats("grads")
	want, _ := g.Floats("adam.p")
	p, _ := g.Floats("p0")
	m, v := make([]float32, n), make([]float32, n)
	for k := range 10 {
		mask := g.Bytes("mask") // the reference prunes its gradients
		grad := make([]float32, n)
		for i := range grad {
			grad[i] = grads[k*n+i] * float32(mask[i%64])
		}
		out, err := program.Call(nil, p, grad, m, v, float32(0.05), float32(k+1))
		if err != nil {
			t.Fatal(err)
		}
		p, m, v = tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1]), tensors.MustCopyFlatData[float32](out[2])
		golden.Near(t, "p", p, want[k*n:(k+1)*n], 1e-5)
	}
	wantM, _ := g.Floats("adam.m")
	golden.Near(t, "m", m, wantM, 1e-5)
}
