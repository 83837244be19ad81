package diffusion

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

// halved loads a network's parameters in half precision.
func halved(t *testing.T, precision dtypes.DType, files ...string) *nn.Params {
	t.Helper()
	all := nn.NewParams()
	for _, name := range files {
		f, err := weights.Open("testdata/" + name + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		p, err := nn.Load(f, nn.LoadOptions{Backend: golden.Backend(t), Precision: precision})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.Names() {
			all.Set(n, p.Get(n))
		}
	}
	return all
}

// Tolerances are relative to the root mean square of the results: a half-precision number has 11 (float16) or 8 (bfloat16)
// bits, and some forty layers add their errors up.
var halfTolerance = map[dtypes.DType]float64{dtypes.Float16: 0.02, dtypes.BFloat16: 0.15}

func TestUNetInHalfPrecision(t *testing.T) {
	var unet UNet
	published(t, "sd_unet", &unet)
	g := golden.Open(t, "testdata/unet_golden.safetensors")
	for precision, tolerance := range halfTolerance {
		t.Run(precision.String(), func(t *testing.T) {
			half := DenoiserIn(unet, precision)
			out, err := nn.NewProgram(golden.Backend(t), "unet", func(nets []nn.Scope, args []*Node) []*Node {
				out := half.Eps(nets[0], args[0], args[1], args[2])
				return []*Node{out, Gradient(ReduceAllSum(Mul(out, args[3])), args[0])[0]}
			}).Call([]*nn.Params{halved(t, precision, "sd_unet")}, g.Tensor("inputs.a.sample"), g.Ints("inputs.a.timestep"),
				g.Tensor("inputs.a.encoder_hidden_states"), g.Tensor("inputs.a.cotangent"))
			if err != nil {
				t.Fatal(err)
			}
			g.CloseRMS(out[0], "expected.a.out", tolerance)
			g.CloseRMS(out[1], "expected.a.grad_sample", 2*tolerance)
		})
	}
}

func TestAutoencoderInHalfPrecision(t *testing.T) {
	var a AutoencoderKL
	published(t, "sd_vae", &a, "attention_new_names")
	g := golden.Open(t, "testdata/vae_golden.safetensors")
	for precision, tolerance := range halfTolerance {
		t.Run(precision.String(), func(t *testing.T) {
			params := halved(t, precision, "sd_vae", "attention_new_names")
			half := AutoencoderIn(a, precision)
			out, err := nn.NewProgram(golden.Backend(t), "decode", func(nets []nn.Scope, args []*Node) []*Node {
				return []*Node{half.Decode(nets[0], args[0])}
			}).Call1([]*nn.Params{params}, g.Tensor("inputs.latent"))
			if err != nil {
				t.Fatal(err)
			}
			g.CloseRMS(out, "expected.decode", tolerance)
		})
	}
}
