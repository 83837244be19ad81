package diffusion

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

// small reads one of the files of testdata/make_goldens.py: the network's configuration, its parameters and the golden
// values.
func small[T any](t *testing.T, name string, parse func([]byte) (T, error)) (T, *nn.Params, *golden.File) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	network, err := parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.Open("testdata/" + name + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	renamed, err := weights.Rename(file, func(name string) (string, bool) { return strings.CutPrefix(name, "weights.") })
	if err != nil {
		t.Fatal(err)
	}
	params, err := nn.LoadParams(renamed)
	if err != nil {
		t.Fatal(err)
	}
	return network, params, golden.Open(t, "testdata/"+name+".safetensors")
}

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

// TestUNetVariantAgreesWithDiffusers checks linear projections, other heads at each level and deeper transformers.
func TestUNetVariantAgreesWithDiffusers(t *testing.T) {
	unet, params, g := small(t, "unet_small", ParseUNet)
	program := nn.NewProgram(golden.Backend(t), "unet", func(nets []nn.Scope, a []*Node) []*Node {
		out := unet.Eps(nets[0], a[0], a[1], a[2])
		return []*Node{out, Gradient(ReduceAllSum(Mul(out, a[3])), a[0])[0]}
	})
	out, err := program.Call([]*nn.Params{params}, g.Tensor("inputs.sample"), g.Ints("inputs.timestep"),
		g.Tensor("inputs.encoder_hidden_states"), g.Tensor("inputs.cotangent"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out[0], "expected.out", 1e-4)
	g.CloseRMS(out[1], "expected.grad_sample", 2e-4)
}

func TestVQAgreesWithDiffusers(t *testing.T) {
	vq, params, g := small(t, "vq_small", ParseVQ)
	raw := vq
	raw.ForceNotQuantize = true
	program := nn.NewProgram(golden.Backend(t), "vq", func(nets []nn.Scope, a []*Node) []*Node {
		latent, logvar := vq.Encode(nets[0], a[0])
		if logvar != nil {
			t.Error("a VQ model has no log-variance")
		}
		_, codes := vq.Quantise(nets[0], a[1])
		picture := vq.Decode(nets[0], a[1])
		return []*Node{latent, picture, raw.Decode(nets[0], a[1]), Gradient(ReduceAllSum(Mul(picture, a[2])), a[1])[0],
			ConvertDType(codes, picture.DType())}
	})
	out, err := program.Call([]*nn.Params{params}, g.Tensor("inputs.image"), g.Tensor("inputs.latent"), g.Tensor("inputs.cotangent"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out[0], "expected.encode", 1e-4)
	g.CloseRMS(out[1], "expected.decode", 1e-4)
	g.CloseRMS(out[2], "expected.decode_not_quantized", 1e-4)
	g.CloseRMS(out[3], "expected.grad_latent", 2e-4)
	golden.Near(t, "codes", floats(t, out[4]), asFloats(g.Ints("expected.codes")), 0)
}

func TestTinyAutoencoderAgreesWithDiffusers(t *testing.T) {
	tiny, params, g := small(t, "tiny_small", ParseAutoencoderTiny)
	program := nn.NewProgram(golden.Backend(t), "tiny", func(nets []nn.Scope, a []*Node) []*Node {
		latent, _ := tiny.Encode(nets[0], a[0])
		picture := tiny.Decode(nets[0], a[1])
		return []*Node{latent, picture, Gradient(ReduceAllSum(Mul(picture, a[2])), a[1])[0]}
	})
	out, err := program.Call([]*nn.Params{params}, g.Tensor("inputs.image"), g.Tensor("inputs.latent"), g.Tensor("inputs.cotangent"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out[0], "expected.encode", 1e-4)
	g.CloseRMS(out[1], "expected.decode", 1e-4)
	g.CloseRMS(out[2], "expected.grad_latent", 2e-4)
	if tiny.Factor() != 4 || !tiny.Approximate() {
		t.Errorf("factor %d, approximate %v; want 4 and true", tiny.Factor(), tiny.Approximate())
	}
}
