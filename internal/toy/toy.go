// Package toy is the tiny latent-diffusion stack of the reference data (ref_toy.py): a U-Net, an autoencoder, two
// classifiers, all with stored weights. The methods' tests run the very code that users run on it.
package toy

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

// Options choose a variant of the stack.
type Options struct {
	VQ     bool // the decoder quantises first
	Binary bool // the classifier with one logit
}

// Models reads the stack's weights from the golden folder (its path, as seen from the test).
func Models(t testing.TB, goldenDir string, o Options) counterfactual.Models {
	t.Helper()
	file, err := weights.Open(goldenDir + "/toy_weights.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := nn.LoadParams(file)
	if err != nil {
		t.Fatal(err)
	}
	schedule, err := diffusion.NewSchedule(diffusion.ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.00085,
		BetaEnd: 0.012, Steps: 1000})
	if err != nil {
		t.Fatal(err)
	}
	backend := golden.Backend(t)
	classifier := &classify.Classifier{Network: network{scope: "clf", out: 5}, Params: all,
		Classes: []string{"a", "b", "c", "d", "e"}}
	if o.Binary {
		classifier = &classify.Classifier{Network: network{scope: "bin", out: 1}, Params: all, Classes: []string{"no", "yes"}, Binary: true}
	}
	embedding := classConditioner{}
	half := []float64{0.5, 0.5, 0.5, 0.5}
	return counterfactual.Models{Backend: backend, Classifier: classifier, Diffusion: &diffusion.Model{
		Denoiser: unet{}, DenoiserParams: all, Autoencoder: autoencoder{vq: o.VQ}, AutoencoderParams: all,
		Conditioner: embedding, Latents: diffusion.Normalisation{Mean: make([]float64, 4), Scale: half}, Schedule: schedule}}
}

// classConditioner gives class ids as they are, [batch, 1, 1]; the toy U-Net looks them up itself.
type classConditioner struct{}

func (classConditioner) Tokens(classes []int) (*tensors.Tensor, error) {
	ids := make([]int32, len(classes))
	for i, c := range classes {
		ids[i] = int32(c)
		if c == diffusion.Unconditional {
			ids[i] = 5
		}
	}
	return tensors.FromFlatDataAndDimensions(ids, len(ids), 1, 1), nil
}

type unet struct{}

// Eps is ref_toy.UNet.
func (unet) Eps(root nn.Scope, z, t, cond *Node) *Node {
	s := root.Sub("unet")
	const width = 16
	e := nn.TimestepEmbedding(t, 16, z.DType())
	e = nn.Linear(s.Sub("time2"), nn.SiLU(nn.Linear(s.Sub("time1"), e, 32)), 32)
	row := Gather(s.Param("cond_table", nn.Constant(0), 6, 8), Reshape(cond, -1, 1))
	e = nn.SiLU(Add(e, nn.Linear(s.Sub("cond_proj"), row, 32)))
	h0 := nn.Conv2D(s.Sub("conv_in"), z, width, 3)
	h := nn.Conv2D(s.Sub("conv1"), nn.SiLU(nn.GroupNorm(s.Sub("norm1"), h0, 4, 1e-5)), width, 3)
	h = Add(h, ExpandAxes(nn.Linear(s.Sub("emb1"), e, width), 1, 2))
	h1 := Add(h0, nn.Conv2D(s.Sub("conv2"), nn.SiLU(h), width, 3))
	d := nn.ConvGeneral2D(s.Sub("down"), h1, 2*width, 3, 2, [2]int{1, 1})
	m := Add(d, ExpandAxes(nn.Linear(s.Sub("emb2"), e, 2*width), 1, 2))
	d = Add(d, nn.Conv2D(s.Sub("mid"), nn.SiLU(m), 2*width, 3))
	u := nn.Conv2D(s.Sub("up"), Concatenate([]*Node{nn.Upsample2x(d), h1}, -1), width, 3)
	return Add(MulScalar(z, 0.5), nn.Conv2D(s.Sub("conv_out"), nn.SiLU(u), 4, 3))
}

type autoencoder struct{ vq bool }

func (autoencoder) Factor() int   { return 4 }
func (autoencoder) Channels() int { return 4 }

func (autoencoder) DecoderParam(name string) bool { return strings.HasPrefix(name, "dec.") }

// Encode is ref_toy.Encoder.
func (autoencoder) Encode(root nn.Scope, x *Node) (mean, logvar *Node) {
	s := root.Sub("enc")
	h := nn.SiLU(nn.ConvGeneral2D(s.Sub("conv1"), x, 16, 3, 2, [2]int{1, 1}))
	h = nn.SiLU(nn.ConvGeneral2D(s.Sub("conv2"), h, 16, 3, 2, [2]int{1, 1}))
	moments := Split(nn.Conv2D(s.Sub("conv3"), h, 8, 3), 3, 2)
	return moments[0], ClipScalar(moments[1], -30, 20)
}

// Decode is ref_toy.Decoder, after ref_toy.Stack.quantize in the VQ variant.
func (a autoencoder) Decode(root nn.Scope, z *Node) *Node {
	if a.vq {
		z = quantize(root, z)
	}
	s := root.Sub("dec")
	h := nn.Conv2D(s.Sub("conv1"), z, 16, 3)
	h = Add(h, nn.Conv2D(s.Sub("conv2"), nn.SiLU(nn.GroupNorm(s.Sub("norm1"), h, 4, 1e-6)), 16, 3))
	h = nn.SiLU(nn.Conv2D(s.Sub("conv3"), nn.Upsample2x(h), 16, 3))
	return nn.Conv2D(s.Sub("conv4"), nn.Upsample2x(h), 3, 3)
}

// quantize replaces each position by its nearest code book row; the gradient passes straight through.
func quantize(root nn.Scope, z *Node) *Node {
	d := z.Shape().Dimensions
	book := root.Param("codebook", nn.Constant(0), 32, 4)
	flat := Reshape(z, -1, 4)
	distance := Sub(Add(ReduceAndKeep(Square(flat), ReduceSum, 1), Reshape(ReduceSum(Square(book), 1), 1, 32)),
		MulScalar(DotGeneral(flat, []int{1}, nil, book, []int{1}, nil), 2))
	nearest := Gather(book, ExpandAxes(ArgMin(distance, 1, dtypes.Int32), -1))
	return Add(z, StopGradient(Sub(Reshape(nearest, d...), z)))
}

// network is ref_toy.Classifier with its pre-processing.
type network struct {
	scope string
	out   int
}

func (n network) Layers() []string { return []string{"conv1", "conv2"} }

func (n network) Preprocess(x01 *Node) *Node {
	if n.out == 1 {
		return DivScalar(AddScalar(x01, -0.5), 0.5)
	}
	crop := Slice(x01, AxisRange(), AxisRange(2, 30), AxisRange(2, 30), AxisRange())
	channel := func(v ...float32) *Node { return Reshape(Const(x01.Graph(), v), 1, 1, 1, 3) }
	return Div(Sub(crop, channel(0.485, 0.456, 0.406)), channel(0.229, 0.224, 0.225))
}

func (n network) Forward(root nn.Scope, x *Node, tap classify.Tap) *Node {
	s := root.Sub(n.scope)
	h := nn.SiLU(nn.ConvGeneral2D(s.Sub("conv1"), x, 8, 3, 2, [2]int{1, 1}))
	if tap != nil {
		tap("conv1", h)
	}
	h = nn.SiLU(nn.ConvGeneral2D(s.Sub("conv2"), h, 16, 3, 2, [2]int{1, 1}))
	if tap != nil {
		tap("conv2", h)
	}
	return nn.Linear(s.Sub("fc"), ReduceMean(h, 1, 2), n.out)
}
