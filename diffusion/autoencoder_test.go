package diffusion

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/internal/golden"
	"otherwise/nn"
)

func TestAutoencoderAgreesWithDiffusers(t *testing.T) {
	var net AutoencoderKL
	params := published(t, "sd_vae", &net, "attention_new_names")
	if err := net.Validate(); err != nil {
		t.Fatal(err)
	}
	g := golden.Open(t, "testdata/vae_golden.safetensors")
	program := nn.NewProgram(golden.Backend(t), "vae", func(nets []nn.Scope, args []*Node) []*Node {
		mean, logvar := net.Encode(nets[0], args[0])
		x := net.Decode(nets[0], args[1])
		return []*Node{mean, logvar, x,
			Gradient(ReduceAllSum(Mul(mean, args[2])), args[0])[0],
			Gradient(ReduceAllSum(Mul(x, args[3])), args[1])[0]}
	})
	out, err := program.Call([]*nn.Params{params}, g.Tensor("inputs.image"), g.Tensor("inputs.latent"),
		g.Tensor("inputs.encode_cotangent"), g.Tensor("inputs.cotangent"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out[0], "expected.mean", 1e-4)
	g.CloseRMS(out[1], "expected.logvar", 1e-4)
	g.CloseRMS(out[2], "expected.decode", 1e-4)
	g.CloseRMS(out[3], "expected.grad_image_of_mean", 2e-4)
	g.CloseRMS(out[4], "expected.grad_latent", 2e-4)
}
