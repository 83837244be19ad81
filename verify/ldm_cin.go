package verify

import (
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/diffusion"
	publishedmodels "otherwise/diffusion/published"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// latentDiffusionParts check ldm_cin: class-conditional latent diffusion in a checkpoint of CompVis.
var latentDiffusionParts = []Part{
	{Files: "ldm_cin/unet_golden.safetensors", Also: []string{"ldm_cin/model.ckpt", "ldm_cin/config.*"}, Run: checkClassConditional},
	{Files: "ldm_cin/vq_golden.safetensors", Run: checkVQ},
}

func (c *Check) latentDiffusion() *publishedmodels.Model {
	return must[*publishedmodels.Model](c)(publishedmodels.Open(c.Path("ldm_cin/model.ckpt"), publishedmodels.Options{Config: c.Path("ldm_cin/config.yaml")}))
}

func checkClassConditional(c *Check) {
	g, m := c.Golden(), c.latentDiffusion()
	unet := must[*nn.Params](c)(m.UNetWeights.Load(c.Backend, nn.LoadOptions{}))
	classes := must[*nn.Params](c)(m.ConditionWeights.Load(c.Backend, nn.LoadOptions{}))
	out := c.Call(c.Program(func(nets []nn.Scope, a []*Node) []*Node {
		context := m.Classes.Embed(nets[1], a[2])
		eps := m.UNet.Eps(nets[0], a[0], a[1], context)
		return append([]*Node{eps, context}, Gradient(ReduceAllSum(Mul(eps, a[3])), a[0], context)...)
	}), []*nn.Params{unet, classes}, g.Tensor("inputs.sample"), g.Ints("inputs.timestep"), g.Ints("inputs.class_ids"), g.Tensor("inputs.cotangent"))
	c.Tensor(out[1], g, "expected.context", golden.Exact())
	c.Tensor(out[0], g, "expected.out", networkTolerance(0))
	c.Tensor(out[2], g, "expected.grad_sample", networkTolerance(1))
	c.Tensor(out[3], g, "expected.grad_context", networkTolerance(1))
}

func checkVQ(c *Check) {
	g, m := c.Golden(), c.latentDiffusion()
	vq, ok := m.Autoencoder.(diffusion.VQ)
	if !ok {
		c.Fatalf("the first stage is a %T, want a VQ model", m.Autoencoder)
	}
	raw := vq
	raw.ForceNotQuantize = true
	params := must[*nn.Params](c)(m.AutoencoderWeights.Load(c.Backend, nn.LoadOptions{}))
	gradient := func(y, cotangent, x *Node) *Node { return Gradient(ReduceAllSum(Mul(y, cotangent)), x)[0] }
	out := c.Call(c.Program(func(nets []nn.Scope, a []*Node) []*Node {
		latent, _ := vq.Encode(nets[0], a[0])
		quantisedLatent, latentCodes := vq.Quantise(nets[0], latent)
		quantised, codes := vq.Quantise(nets[0], a[1])
		x, rawX := vq.Decode(nets[0], a[1]), raw.Decode(nets[0], a[1])
		return []*Node{latent, quantisedLatent, quantised, x, rawX, gradient(x, a[2], a[1]), gradient(rawX, a[2], a[1]), latentCodes, codes}
	}), []*nn.Params{params}, g.Tensor("inputs.image"), g.Tensor("inputs.latent"), g.Tensor("inputs.cotangent"))
	for i, name := range []string{"encode", "encode_quantised", "quantised", "decode", "decode_force_not_quantize", "grad_latent",
		"grad_latent_force_not_quantize"} {
		c.Tensor(out[i], g, "expected."+name, networkTolerance(max(0, i-4)))
	}
	for i, name := range []string{"encode_indices", "indices"} {
		c.Integers("expected."+name, Integers(c, out[7+i]), g.Ints("expected."+name))
	}
}
