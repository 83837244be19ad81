package nn_test

import (
	"testing"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// A mask as a bias gives causal attention; a bias of zeros gives plain attention.
func TestBiasedAttentionAgreesWithPyTorch(t *testing.T) {
	g := golden.Open(t, "testdata/layers_golden.safetensors")
	program := nn.NewProgram(golden.Backend(t), "attention", func(_ []nn.Scope, a []*Node) []*Node {
		q, k, v := a[0], a[1], a[2]
		first := func(x *Node) *Node { return Slice(x, AxisRange(), AxisRange(0, 6)) }
		lower := ConvertDType(LowerTriangular(q.Graph(), 6), q.DType())
		mask := ExpandAxes(MulScalar(OneMinus(lower), -1e9), 0, 1)
		none := Zeros(q.Graph(), shapes.Make(q.DType(), 1, 1, 6, 9))
		return []*Node{nn.BiasedAttention(q, first(k), first(v), 4, mask), nn.BiasedAttention(q, k, v, 8, none)}
	})
	out, err := program.Call(nil, g.Tensor("inputs.q"), g.Tensor("inputs.k"), g.Tensor("inputs.v"))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out[0], "expected.attention.heads4_causal_first6", 1e-5)
	g.CloseRMS(out[1], "expected.attention.heads8", 1e-5)
}

// Both layouts of self-attention are attention of projections, and of one set of weights the same.
func TestLayoutsOfSelfAttentionAgree(t *testing.T) {
	const n, width = 5, 12
	p := nn.NewParams()
	set := func(name string, dims ...int) {
		size := 1
		for _, d := range dims {
			size *= d
		}
		p.Set(name, tensors.FromFlatDataAndDimensions(nn.Gaussian(1, name, size), dims...))
	}
	set("qkv.weight", 3*width, width)
	set("qkv.bias", 3*width)
	set("proj.weight", width, width)
	set("proj.bias", width)
	for fused, name := range map[string]string{"in_proj_weight": "qkv.weight", "in_proj_bias": "qkv.bias", "out_proj.weight": "proj.weight", "out_proj.bias": "proj.bias"} {
		p.Set(fused, p.Get(name))
	}
	program := nn.NewProgram(golden.Backend(t), "self-attention", func(s []nn.Scope, a []*Node) []*Node {
		qkv := nn.Linear(s[0].Sub("qkv"), a[0], 3*width)
		part := func(i int) *Node { return Slice(qkv, AxisRange(), AxisRange(), AxisRange(i*width, (i+1)*width)) }
		want := nn.Linear(s[0].Sub("proj"), nn.Attention(part(0), part(1), part(2), 3), width)
		return []*Node{want, nn.FusedAttention(s[0], a[0], 3, nn.Attention), nn.QKVAttention(s[0], a[0], 3, nn.Attention)}
	})
	out, err := program.Call([]*nn.Params{p}, tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "x", n*width), 1, n, width))
	if err != nil {
		t.Fatal(err)
	}
	want := tensors.MustCopyFlatData[float32](out[0])
	golden.Near(t, "fused", tensors.MustCopyFlatData[float32](out[1]), want, 1e-5)
	golden.Near(t, "qkv", tensors.MustCopyFlatData[float32](out[2]), want, 1e-5)
}

func TestPatchesAreAStridedConvolution(t *testing.T) {
	p := nn.NewParams()
	p.Set("weight", tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "w", 3*3*2*5), 3, 3, 2, 5))
	p.Set("bias", tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "b", 5), 5))
	program := nn.NewProgram(golden.Backend(t), "patches", func(s []nn.Scope, a []*Node) []*Node {
		o := nn.SquareConv(3, 3, 0)
		plain := nn.Conv(s[0], a[0], 5, o)
		o.Bias = true
		return []*Node{nn.Conv(s[0], a[0], 5, o), nn.Patches(s[0], a[0], 3, 5, true), plain, nn.Patches(s[0], a[0], 3, 5, false)}
	})
	out, err := program.Call([]*nn.Params{p}, tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "x", 2*7*9*2), 2, 7, 9, 2))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(out); i += 2 {
		if !out[i].Shape().Equal(out[i+1].Shape()) {
			t.Errorf("shapes %s and %s", out[i].Shape(), out[i+1].Shape())
		}
		golden.Near(t, "patches", tensors.MustCopyFlatData[float32](out[i+1]), tensors.MustCopyFlatData[float32](out[i]), 1e-5)
	}
}
