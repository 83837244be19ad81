package verify

import (
	"path/filepath"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	publishedmodels "otherwise/diffusion/published"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// stableDiffusionParts check sd: a folder in diffusers' layout, and the same networks in checkpoints of CompVis.
var stableDiffusionParts = []Part{
	{Files: "sd/unet_golden.safetensors", Also: []string{"sd/model_index.json", "sd/unet/*", "sd/scheduler/*", "sd/compvis/*"}, Run: checkStableUNet},
	{Files: "sd/vae_golden.safetensors", Also: []string{"sd/vae/*"}, Run: checkStableAutoencoder},
	{Files: "sd/text_golden.safetensors", Also: []string{"sd/text_encoder/*"}, Run: checkStableText},
}

// publishedModels opens the folder's model in all its forms: the diffusers folder, and each checkpoint.
func (c *Check) publishedModels() map[string]*publishedmodels.Model {
	open := must[*publishedmodels.Model](c)
	models := map[string]*publishedmodels.Model{"diffusers": open(publishedmodels.Open(c.Path("sd"), publishedmodels.Options{}))}
	for _, pattern := range []string{"*.safetensors", "*.ckpt"} {
		files, err := filepath.Glob(c.Path("sd/compvis/" + pattern))
		if err != nil {
			c.Fatal(err)
		}
		for _, file := range files {
			models[filepath.Base(file)] = open(publishedmodels.Open(file, publishedmodels.Options{Config: c.Path("sd/compvis/v1-inference.yaml"),
				TextConfig: c.Path("sd/text_encoder/config.json")}))
		}
	}
	return models
}

// load reads a network's weights out of each form of the model that holds them. Checkpoints may hold the U-Net alone.
func (c *Check) load(weightsOf func(*publishedmodels.Model) publishedmodels.Weights) map[string]*nn.Params {
	all := map[string]*nn.Params{}
	for name, m := range c.publishedModels() {
		w := weightsOf(m)
		if !must[bool](c)(w.Held()) {
			continue
		}
		all[name] = must[*nn.Params](c)(w.Load(c.Backend, nn.LoadOptions{}))
	}
	return all
}

func checkStableUNet(c *Check) {
	g := c.Golden()
	net := must[*publishedmodels.Model](c)(publishedmodels.Open(c.Path("sd"), publishedmodels.Options{})).UNet
	program := c.Program(func(nets []nn.Scope, a []*Node) []*Node {
		out := net.Eps(nets[0], a[0], a[1], a[2])
		return append([]*Node{out}, Gradient(ReduceAllSum(Mul(out, a[3])), a[0], a[2])...)
	})
	for form, params := range c.load(func(m *publishedmodels.Model) publishedmodels.Weights { return m.UNetWeights }) {
		for _, name := range g.Names() {
			item, found := strings.CutSuffix(name, ".cotangent")
			if !found {
				continue
			}
			item = strings.TrimPrefix(item, "inputs.")
			out := c.Call(program, []*nn.Params{params}, g.Tensor("inputs."+item+".sample"), g.Ints("inputs."+item+".timestep"),
				g.Tensor("inputs."+item+".encoder_hidden_states"), g.Tensor(name))
			for i, result := range []string{"out", "grad_sample", "grad_encoder_hidden_states"} {
				want := "expected." + item + "." + result
				c.Near(form+" "+want, Values(c, out[i]), Values(c, g.Tensor(want)), networkTolerance(i))
			}
		}
	}
	c.checkInside(g, net)
	c.checkNames("sd/compvis/unet_names.json", "model.diffusion_model.", publishedmodels.UNetNames(net))
}

// checkInside compares activations of the U-Net's modules for one item of the first case, which tell where it departs.
func (c *Check) checkInside(g *golden.File, net diffusion.UNet) {
	const prefix = "expected.inside."
	var modules []string
	for _, name := range g.Names() {
		if module, found := strings.CutPrefix(name, prefix); found {
			modules = append(modules, module)
		}
	}
	if len(modules) == 0 {
		return
	}
	item := int(g.Ints("inputs.inside.item")[0])
	m := must[*publishedmodels.Model](c)(publishedmodels.Open(c.Path("sd"), publishedmodels.Options{}))
	params := must[*nn.Params](c)(m.UNetWeights.Load(c.Backend, nn.LoadOptions{}))
	out := c.Call(c.Program(func(nets []nn.Scope, a []*Node) []*Node {
		seen := map[string]*Node{}
		net.Eps(nets[0].Watch(func(module string, x *Node) { seen[module] = x }), a[0], a[1], a[2])
		results := make([]*Node, len(modules))
		for i, module := range modules {
			x := seen[module]
			if x == nil {
				c.Fatalf("the U-Net shows no activation of %s", module)
			}
			results[i] = Slice(x, AxisRange(item, item+1))
		}
		return results
	}), []*nn.Params{params}, g.Tensor("inputs.a.sample"), g.Ints("inputs.a.timestep"), g.Tensor("inputs.a.encoder_hidden_states"))
	for i, module := range modules {
		tolerance := networkTolerance(0)
		if module == "time_proj" { // float32 angles up to 999
			tolerance = golden.Absolute(1e-4)
		}
		c.Tensor(out[i], g, prefix+module, tolerance)
	}
}

// networkTolerance is that of a network's output, the first result, and of the gradients that follow.
func networkTolerance(result int) golden.Tolerance {
	if result == 0 {
		return golden.RMS(outputTolerance)
	}
	return golden.RMS(gradientTolerance)
}

// checkNames compares a renaming with a table.
func (c *Check) checkNames(file, prefix string, rename func(string) string) {
	if !c.Exists(file) {
		return
	}
	var table map[string]string
	c.JSON(file, &table)
	var wrong []string
	for compvis, want := range table {
		if got := rename(strings.TrimPrefix(compvis, prefix)); got != want {
			wrong = append(wrong, compvis)
		}
	}
	if slices.Sort(wrong); len(wrong) > 0 || len(table) == 0 {
		c.Errorf("%s: %d of %d names are mapped otherwise: %v", file, len(wrong), len(table), wrong)
		return
	}
	c.True(file, true)
}

func checkStableAutoencoder(c *Check) {
	g := c.Golden()
	m := must[*publishedmodels.Model](c)(publishedmodels.Open(c.Path("sd"), publishedmodels.Options{}))
	model := diffusion.Model{Autoencoder: m.Autoencoder, Latents: m.Latents}
	program := c.Program(func(nets []nn.Scope, a []*Node) []*Node {
		mean, logvar := m.Autoencoder.Encode(nets[0], a[0])
		x := m.Autoencoder.Decode(nets[0], a[1])
		return []*Node{mean, logvar, Exp(MulScalar(logvar, 0.5)), model.Encode(nets[0], a[0], nil), x, model.Decode(nets[0], a[4]),
			Gradient(ReduceAllSum(Mul(mean, a[2])), a[0])[0], Gradient(ReduceAllSum(Mul(x, a[3])), a[1])[0]}
	})
	results := []string{"mean", "logvar", "std", "scaled_mean", "decode", "decode", "grad_image_of_mean", "grad_latent"}
	for form, params := range c.load(func(m *publishedmodels.Model) publishedmodels.Weights { return m.AutoencoderWeights }) {
		out := c.Call(program, []*nn.Params{params}, g.Tensor("inputs.image"), g.Tensor("inputs.latent"), g.Tensor("inputs.encode_cotangent"),
			g.Tensor("inputs.cotangent"), g.Tensor("inputs.latent_scaled"))
		for i, result := range results {
			name := form + " expected." + result
			if i == 5 {
				name += " of latent_scaled"
			}
			c.Near(name, Values(c, out[i]), Values(c, g.Tensor("expected."+result)), networkTolerance(max(0, i-5)))
		}
		if newer := "sd/vae/attention_new_names.safetensors"; form == "diffusers" && c.Exists(newer) {
			c.checkNewerNames(params, newer)
		}
	}
	c.checkNames("sd/compvis/vae_names.json", "first_stage_model.", publishedmodels.AutoencoderNames(levels(m.Autoencoder)))
}

// checkNewerNames compares parameters with a file that has them under the newer names of attention.
func (c *Check) checkNewerNames(params *nn.Params, file string) {
	newer := c.Open(file)
	for _, name := range newer.Names() {
		got := params.Get(name)
		if got == nil {
			c.Errorf("%s: the network has no %s", file, name)
			continue
		}
		want, _ := newer.Floats(name)
		c.Near(name, Values(c, got), want, golden.Exact())
	}
}

// levels is how often an autoencoder halves a picture, plus one.
func levels(a diffusion.Autoencoder) int {
	n := 1
	for f := a.Factor(); f > 1; f /= 2 {
		n++
	}
	return n
}

func checkStableText(c *Check) {
	g := c.Golden()
	text := must[*publishedmodels.Model](c)(publishedmodels.Open(c.Path("sd"), publishedmodels.Options{})).Text
	program := c.Program(func(nets []nn.Scope, a []*Node) []*Node {
		states := text.States(nets[0], a[0])
		return []*Node{states[0], states[1], states[len(states)-1], text.Encode(nets[0], a[0])}
	})
	ids := tensors.FromFlatDataAndDimensions(g.Ints("inputs.input_ids"), g.Shape("inputs.input_ids")...)
	for form, params := range c.load(func(m *publishedmodels.Model) publishedmodels.Weights { return m.ConditionWeights }) {
		out := c.Call(program, []*nn.Params{params}, ids)
		for i, name := range []string{"embeddings", "after_layer_0", "before_final_layer_norm", "last_hidden_state"} {
			want := "expected." + name
			c.Near(form+" "+want, Values(c, out[i]), Values(c, g.Tensor(want)), golden.RMS(outputTolerance))
		}
	}
}
