package diffusion

import (
	"encoding/json"
	"os"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

// published reads one of the diffusers-layout networks of the reference data.
func published(t *testing.T, name string, config any, files ...string) *nn.Params {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, config); err != nil {
		t.Fatal(err)
	}
	all := nn.NewParams()
	for _, file := range append([]string{name}, files...) {
		f, err := weights.Open("testdata/" + file + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		p, err := nn.LoadParams(f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		for _, n := range p.Names() {
			all.Set(n, p.Get(n))
		}
	}
	return all
}

func TestUNetAgreesWithDiffusers(t *testing.T) {
	var unet UNet
	params := published(t, "sd_unet", &unet)
	if err := unet.Validate(); err != nil {
		t.Fatal(err)
	}
	g := golden.Open(t, "testdata/unet_golden.safetensors")
	program := nn.NewProgram(golden.Backend(t), "unet", func(nets []nn.Scope, args []*Node) []*Node {
		out := unet.Eps(nets[0], args[0], args[1], args[2])
		return append([]*Node{out}, Gradient(ReduceAllSum(Mul(out, args[3])), args[0], args[2])...)
	})
	for _, c := range []string{"a", "b"} {
		t.Run(c, func(t *testing.T) {
			in := "inputs." + c + "."
			out, err := program.Call([]*nn.Params{params}, g.Tensor(in+"sample"), g.Ints(in+"timestep"),
				g.Tensor(in+"encoder_hidden_states"), g.Tensor(in+"cotangent"))
			if err != nil {
				t.Fatal(err)
			}
			g.CloseRMS(out[0], "expected."+c+".out", 1e-4)
			g.CloseRMS(out[1], "expected."+c+".grad_sample", 2e-4)
			g.CloseRMS(out[2], "expected."+c+".grad_encoder_hidden_states", 2e-4)
		})
	}
}
