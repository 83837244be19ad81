package diffusion

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

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

func TestShortcutsUndoOneAnother(t *testing.T) {
	x := tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "shortcuts", 2*4*4*8), 2, 4, 4, 8)
	program := nn.NewProgram(golden.Backend(t), "shortcuts", func(_ []nn.Scope, args []*Node) []*Node {
		larger := unfoldFrom(args[0])
		return []*Node{larger, foldInto(larger), foldInto(args[0])}
	})
	out, err := program.Call(nil, x)
	if err != nil {
		t.Fatal(err)
	}
	if d := out[0].Shape().Dimensions; d[1] != 8 || d[2] != 8 || d[3] != 8 {
		t.Errorf("unfolded to %v", d)
	}
	if d := out[2].Shape().Dimensions; d[1] != 2 || d[2] != 2 || d[3] != 8 {
		t.Errorf("folded to %v", d)
	}
	if d := golden.Compare(tensors.MustCopyFlatData[float32](out[1]), tensors.MustCopyFlatData[float32](x), golden.Absolute(1e-6)); !d.Pass {
		t.Error(d)
	}
}

func TestShortcutsNeedWidthsOfFour(t *testing.T) {
	net := AutoencoderKL{InChannels: 3, OutChannels: 3, LatentChannels: 3, BlockOutChannels: []int{6}, LayersPerBlock: 1, NormNumGroups: 2, Shortcuts: true}
	if net.Validate() == nil {
		t.Error("width 6 passes")
	}
}
