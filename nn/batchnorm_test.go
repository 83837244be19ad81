package nn_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

func TestBatchNormAgreesWithPyTorch(t *testing.T) {
	g := golden.Open(t, "testdata/layers_golden.safetensors")
	p := nn.NewParams()
	for _, name := range []string{"weight", "bias", "running_mean", "running_var"} {
		p.Set(name, g.Tensor("inputs."+name))
	}
	program := nn.NewProgram(golden.Backend(t), "batch norm", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{nn.BatchNorm(s[0], a[0], 1e-5), nn.BatchNorm(s[0], a[0], 1e-3), nn.BatchNormPlain(s[0], a[0], 1e-3)}
	})
	out, err := program.Call([]*nn.Params{p}, g.Tensor("inputs.small"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out[0], "expected.batch_norm.eps1e-05", 1e-5)
	g.CloseRMS(out[1], "expected.batch_norm.eps1e-03", 1e-5)

	// Without scale and shift the same comes out before them.
	plain := tensors.MustCopyFlatData[float32](out[2])
	weight, _ := g.Floats("inputs.weight")
	bias, _ := g.Floats("inputs.bias")
	for i := range plain {
		plain[i] = plain[i]*weight[i%64] + bias[i%64]
	}
	golden.Near(t, "plain", plain, tensors.MustCopyFlatData[float32](out[1]), 1e-4)
}
