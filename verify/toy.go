package verify

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

// toyFiles hold the weights of the toy networks.
var toyFiles = []string{"toy_weights.safetensors", "toy_weights.json"}

// toyParts check the toy networks, which the other parts of this layout run the methods on, and their noise schedules.
var toyParts = []Part{
	{Files: "toy_forward.safetensors", Also: toyFiles, Run: checkToyForward},
	{Files: "schedule.safetensors", Run: checkSchedule},
	{Files: "diffusion_loss.safetensors", Also: toyFiles, Run: checkDiffusionLoss},
	{Files: "resize.safetensors", Run: checkResizing},
}

// toyModels reads a variant of the toy networks, whose weights lie in the folder.
func (c *Check) toyModels(o toy.Options) counterfactual.Models {
	m, err := toy.Load(c.Backend, c.folder, o)
	if err != nil {
		c.Fatal(err)
	}
	return m
}

func checkToyForward(c *Check) {
	var about struct {
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	g := c.Golden()
	m, vq, binary := c.toyModels(toy.Options{}), c.toyModels(toy.Options{VQ: true}), c.toyModels(toy.Options{Binary: true})
	model := m.Diffusion
	program := c.Program(func(nets []nn.Scope, a []*Node) []*Node {
		s, z, t, class, x, x01 := nets[0], a[0], a[1], a[2], a[3], a[4]
		mean, logvar := model.Autoencoder.Encode(s, x)
		quantized, codes := toy.Quantize(m, s, z)
		return []*Node{
			model.Denoiser.Eps(s, z, t, Reshape(class, -1, 1, 1)), mean, logvar, model.Decode(s, z), vq.Diffusion.Decode(s, z), quantized,
			m.Classifier.Logits(s, x01), Reshape(binary.Classifier.Logits(s, x01), -1), codes,
		}
	})
	out := c.Call(program, []*nn.Params{model.DenoiserParams}, g.Tensor("z"), g.Ints("t"), g.Ints("c"), g.Tensor("x"), g.Tensor("x01"))
	for i, name := range []string{"eps", "enc_mean", "enc_logvar", "decode", "decode_vq", "quantized", "logits", "logit_bin"} {
		c.Tensor(out[i], g, name, golden.Absolute(about.Tolerance))
	}
	c.Integers("codes", Integers(c, out[8]), g.Ints("codes"))
}

// sdSchedule and cinSchedule are the published schedules of Stable Diffusion and of latent diffusion on ImageNet.
var (
	sdSchedule  = diffusion.ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.00085, BetaEnd: 0.012, Steps: 1000}
	cinSchedule = diffusion.ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.0015, BetaEnd: 0.0195, Steps: 1000}
)
