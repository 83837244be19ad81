// Package toy is the tiny latent-diffusion stack of the reference data (ref_toy.py): a U-Net, an autoencoder, two
// classifiers, all with stored weights. Tests and `otherwise verify` run the very code on it that users run.
package toy

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/compute"
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

// Config is the description of a stack that lies beside its weights.
type Config struct {
	Channels  int     `json:"channels"` // of latents
	Classes   int     `json:"num_classes"`
	Scale     float64 `json:"scale"` // of latents
	Crop      int     `json:"crop"`  // of the classifier's input
	Steps     int     `json:"T"`
	BetaStart float64 `json:"linear_start"`
	BetaEnd   float64 `json:"linear_end"`

	codes int // rows of the code book
}

// Models is [Load] for a test, on the tests' backend.
func Models(t golden.TB, dir string, o Options) counterfactual.Models {
	t.Helper()
	m, err := Load(golden.Backend(t), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Load reads the stack's weights and configuration, toy_weights.safetensors and .json, from a folder.
func Load(backend compute.Backend, dir string, o Options) (counterfactual.Models, error) {
	config, all, err := read(filepath.Join(dir, "toy_weights"))
	if err != nil {
		return counterfactual.Models{}, fmt.Errorf("the toy networks of the golden values: %w", err)
	}
	schedule, err := diffusion.NewSchedule(diffusion.ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: config.BetaStart,
		BetaEnd: config.BetaEnd, Steps: config.Steps})
	if err != nil {
		return counterfactual.Models{}, err
	}
	classifier := &classify.Classifier{Network: network{scope: "clf", out: config.Classes, crop: config.Crop}, Params: all}
	for i := range config.Classes {
		classifier.Classes = append(classifier.Classes, string(rune('a'+i)))
	}
	if o.Binary {
		classifier = &classify.Classifier{Network: network{scope: "bin", out: 1}, Params: all, Classes: []string{"no", "yes"}, Binary: true}
	}
	classifier.CAMLayer = "conv2"
	latents := diffusion.Normalisation{Mean: make([]float64, config.Channels), Scale: make([]float64, config.Channels)}
	for i := range latents.Scale {
		latents.Scale[i] = config.Scale
	}
	return counterfactual.Models{Backend: backend, Classifier: classifier, Diffusion: &diffusion.Model{
		Denoiser: unet{config}, DenoiserParams: all, Autoencoder: autoencoder{Config: config, vq: o.VQ}, AutoencoderParams: all,
		Conditioner: classConditioner{config.Classes}, Latents: latents, Schedule: schedule}}, nil
}

func read(path string) (Config, *nn.Params, error) {
	var about struct {
		Config Config `json:"config"`
	}
	raw, err := os.ReadFile(path + ".json")
	if err != nil {
		return Config{}, nil, err
	}
	if err := json.Unmarshal(raw, &about); err != nil {
		return Config{}, nil, fmt.Errorf("%s.json: %w", path, err)
	}
	file, err := weights.Open(path + ".safetensors")
	if err != nil {
		return Config{}, nil, err
	}
	defer file.Close()
	params, err := nn.LoadParams(file)
	if err != nil {
		return Config{}, nil, err
	}
	book := params.Get("codebook")
	if book == nil {
		return Config{}, nil, fmt.Errorf("%s.safetensors has no codebook", path)
	}
	about.Config.codes = book.Shape().Dimensions[0]
	return about.Config, params, nil
}

// classConditioner gives class ids as they are, [batch, 1, 1]; the toy U-Net looks them up itself.
type classConditioner struct{ classes int }

func (n classConditioner) Tokens(classes []int) (*tensors.Tensor, error) {
	ids := make([]int32, len(classes))
	for i, c := range classes {
		ids[i] = int32(c)
		if c == diffusion.Unconditional {
			ids[i] = int32(n.classes)
		}
	}
	return tensors.FromFlatDataAndDimensions(ids, len(ids), 1, 1), nil
}

type unet struct{ Config }

// Eps is ref_toy.UNet.
func (u unet) Eps(root nn.Scope, z, t, cond *Node) *Node {
	s := root.Sub("unet")
	const width = 16
	e := nn.TimestepEmbedding(t, 16, z.DType())
	e = nn.Linear(s.Sub("time2"), nn.SiLU(nn.Linear(s.Sub("time1"), e, 32)), 32)
	row := Gather(s.Param("cond_table", nn.Constant(0), u.Classes+1, 8), Reshape(cond, -1, 1))
	e = nn.SiLU(Add(e, nn.Linear(s.Sub("cond_proj"), row, 32)))
	h0 := nn.Conv2D(s.Sub("conv_in"), z, width, 3)
	h := nn.Conv2D(s.Sub("conv1"), nn.SiLU(nn.GroupNorm(s.Sub("norm1"), h0, 4, 1e-5)), width, 3)
	h = Add(h, ExpandAxes(nn.Linear(s.Sub("emb1"), e, width), 1, 2))
	h1 := Add(h0, nn.Conv2D(s.Sub("conv2"), nn.SiLU(h), width, 3))
	d := nn.ConvGeneral2D(s.Sub("down"), h1, 2*width, 3, 2, [2]int{1, 1})
	m := Add(d, ExpandAxes(nn.Linear(s.Sub("emb2"), e, 2*width), 1, 2))
	d = Add(d, nn.Conv2D(s.Sub("mid"), nn.SiLU(m), 2*width, 3))
	up := nn.Conv2D(s.Sub("up"), Concatenate([]*Node{nn.Upsample2x(d), h1}, -1), width, 3)
	return Add(MulScalar(z, 0.5), nn.Conv2D(s.Sub("conv_out"), nn.SiLU(up), u.Channels, 3))
}

type autoencoder struct {
	Config
	vq bool
}

func (autoencoder) Factor() int     { return 4 }
func (a autoencoder) Channels() int { return a.Config.Channels }

func (autoencoder) Approximate() bool { return false }

func (autoencoder) DecoderParam(name string) bool { return strings.HasPrefix(name, "dec.") }

// Encode is ref_toy.Encoder.
func (a autoencoder) Encode(root nn.Scope, x *Node) (mean, logvar *Node) {
	s := root.Sub("enc")
	h := nn.SiLU(nn.ConvGeneral2D(s.Sub("conv1"), x, 16, 3, 2, [2]int{1, 1}))
	h = nn.SiLU(nn.ConvGeneral2D(s.Sub("conv2"), h, 16, 3, 2, [2]int{1, 1}))
	moments := Split(nn.Conv2D(s.Sub("conv3"), h, 2*a.Channels(), 3), 3, 2)
	return moments[0], ClipScalar(moments[1], -30, 20)
}

// Decode is ref_toy.Decoder, after ref_toy.Stack.quantize in the VQ variant.
func (a autoencoder) Decode(root nn.Scope, z *Node) *Node {
	if a.vq {
		z, _ = a.quantize(root, z)
	}
	s := root.Sub("dec")
	h := nn.Conv2D(s.Sub("conv1"), z, 16, 3)
	h = Add(h, nn.Conv2D(s.Sub("conv2"), nn.SiLU(nn.GroupNorm(s.Sub("norm1"), h, 4, 1e-6)), 16, 3))
	h = nn.SiLU(nn.Conv2D(s.Sub("conv3"), nn.Upsample2x(h), 16, 3))
	return nn.Conv2D(s.Sub("conv4"), nn.Upsample2x(h), 3, 3)
}

// quantize replaces each position by its nearest code book row, and returns the rows' numbers too; the gradient passes
// straight through.
func (a autoencoder) quantize(root nn.Scope, z *Node) (quantized, codes *Node) {
	d := z.Shape().Dimensions
	book := root.Param("codebook", nn.Constant(0), a.codes, a.Channels())
	flat := Reshape(z, -1, a.Channels())
	distance := Sub(Add(ReduceAndKeep(Square(flat), ReduceSum, 1), Reshape(ReduceSum(Square(book), 1), 1, a.codes)),
		MulScalar(DotGeneral(flat, []int{1}, nil, book, []int{1}, nil), 2))
	codes = ArgMin(distance, 1, dtypes.Int32)
	nearest := Gather(book, ExpandAxes(codes, -1))
	return Add(z, StopGradient(Sub(Reshape(nearest, d...), z))), Reshape(codes, d[:3]...)
}

// Quantize is the code book of a stack's autoencoder: the rows nearest to latents z in the autoencoder's own units, and
// their numbers [batch, height, width].
func Quantize(m counterfactual.Models, root nn.Scope, z *Node) (quantized, codes *Node) {
	return m.Diffusion.Autoencoder.(autoencoder).quantize(root, z)
}

// network is ref_toy.Classifier with its pre-processing.
type network struct {
	scope string
	out   int
	crop  int // of the input, from its centre; for several logits only
}

func (n network) Layers() []string { return []string{"conv1", "conv2"} }

func (n network) Preprocess(x01 *Node) *Node {
	if n.out == 1 {
		return DivScalar(AddScalar(x01, -0.5), 0.5)
	}
	crop := Slice(x01, AxisRange(), n.margin(x01, 1), n.margin(x01, 2), AxisRange())
	channel := func(v ...float32) *Node { return Reshape(Const(x01.Graph(), v), 1, 1, 1, 3) }
	return Div(Sub(crop, channel(0.485, 0.456, 0.406)), channel(0.229, 0.224, 0.225))
}

// margin keeps the centre of an axis; half a pixel is rounded to even.
func (n network) margin(x *Node, axis int) SliceAxisSpec {
	before := int(math.RoundToEven(float64(x.Shape().Dimensions[axis]-n.crop) / 2))
	return AxisRange(before, before+n.crop)
}

func (n network) Forward(root nn.Scope, x *Node, tap classify.Tap) *Node {
	s := root.Sub(n.scope)
	h := nn.SiLU(nn.ConvGeneral2D(s.Sub("conv1"), x, 8, 3, 2, [2]int{1, 1}))
	if tap != nil {
		h = tap("conv1", h)
	}
	h = nn.SiLU(nn.ConvGeneral2D(s.Sub("conv2"), h, 16, 3, 2, [2]int{1, 1}))
	if tap != nil {
		h = tap("conv2", h)
	}
	return nn.Linear(s.Sub("fc"), ReduceMean(h, 1, 2), n.out)
}
