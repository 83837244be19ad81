package verify

import (
	"regexp"
	"slices"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// ecedParts check ECED: masks, blending, the optimiser, the propositions, and its stages B and C.
var ecedParts = []Part{
	{Files: "eced_masks.safetensors", Run: checkMasks},
	{Files: "eced_propositions.safetensors", Run: checkPropositions},
	{Files: "eced_adam.safetensors", Run: checkAdam},
	{Files: "eced_blend.safetensors", Run: checkBlend},
	{Files: "eced_background_*.safetensors", Also: toyFiles, Run: checkBackground},
	{Files: "eced_generate_*.safetensors", Also: toyFiles, Run: checkGenerate},
}

var (
	thresholdName  = regexp.MustCompile(`^mask_(strict_)?([\d.]+)$`)
	downsampleName = regexp.MustCompile(`^down(\d+)_([a-z_]+)_([\d.]+)$`)
)

// checkMasks checks the thresholding of activation maps and all ways to take a mask to a latent's grid.
func checkMasks(c *Check) {
	g := c.Golden()
	maps := grids(g, "cam")
	for _, name := range g.Names() {
		var got []int32
		for _, m := range maps {
			if parts := thresholdName.FindStringSubmatch(name); parts != nil {
				got = append(got, rounded(cam.Threshold(m, decimal(c, parts[2]), parts[1] != "").Values)...)
			}
			if parts := downsampleName.FindStringSubmatch(name); parts != nil {
				mask, err := cam.Downsample(cam.Threshold(m, decimal(c, parts[3]), false), whole(c, parts[1]), cam.Mode(parts[2]))
				if err != nil {
					c.Fatal(err)
				}
				got = append(got, rounded(mask.Values)...)
			}
		}
		if got != nil {
			c.Integers(name, got, g.Ints(name))
		}
	}
}

// grids reads maps [batch, 1, height, width] or latents [batch, channels, height, width], one for each of the batch.
func grids(g *golden.File, name string) []*counterfactual.Grid {
	values, shape := golden.NHWC(g.Floats(name))
	size := shape[1] * shape[2] * shape[3]
	var out []*counterfactual.Grid
	for i := range shape[0] {
		out = append(out, &counterfactual.Grid{Height: shape[1], Width: shape[2], Channels: shape[3], Values: values[i*size : (i+1)*size]})
	}
	return out
}

// mask reads a stored mask [batch, 1, height, width] as [batch, height, width, 1].
func mask(g *golden.File, name string) *tensors.Tensor {
	shape := g.Shape(name)
	var values []float32
	for _, b := range g.Bytes(name) {
		values = append(values, float32(b))
	}
	return tensors.FromFlatDataAndDimensions(values, shape[0], shape[2], shape[3], 1)
}

// checkBlend checks blended latents at several noise levels, and the mask's way to the latent's grid.
func checkBlend(c *Check) {
	var about struct {
		Alphas     map[string]float64 `json:"alphas"`
		Downsample cam.Mode           `json:"downsample"`
		Tolerance  float64            `json:"tolerance"`
	}
	c.About(&about)
	g := c.Golden()
	var latent []int32
	for _, m := range grids(g, "fg") {
		factor := g.Shape("mask")[2] / m.Height
		size := g.Shape("mask")[2] * g.Shape("mask")[3]
		picture := &counterfactual.Grid{Height: g.Shape("mask")[2], Width: g.Shape("mask")[3], Channels: 1}
		for _, b := range g.Bytes("mask")[len(latent)*factor*factor:][:size] {
			picture.Values = append(picture.Values, float32(b))
		}
		down, err := cam.Downsample(picture, factor, about.Downsample)
		if err != nil {
			c.Fatal(err)
		}
		latent = append(latent, rounded(down.Values)...)
	}
	c.Integers("mask_latent", latent, g.Ints("mask_latent"))
	program := c.Program(func(_ []nn.Scope, a []*Node) []*Node {
		background := diffusion.AddNoise(a[1], a[4], a[3])
		return []*Node{background, diffusion.Blend(a[0], background, a[2]), diffusion.Blend(a[0], a[1], a[2])}
	})
	within := golden.Absolute(about.Tolerance)
	for i, t := range sortedNumbers(about.Alphas) {
		out := c.Call(program, nil, g.Tensor("fg"), g.Tensor("z_bg"), mask(g, "mask_latent"), g.Tensor("noise"), float32(about.Alphas[t]))
		c.Tensor(out[0], g, "bg_t"+t, within)
		c.Tensor(out[1], g, "blend_t"+t, within)
		if i == 0 {
			c.Tensor(out[2], g, "blend_clean", within)
		}
	}
}

// sortedNumbers are a map's keys in the order of the numbers that they are.
func sortedNumbers[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		x, _ := strconv.Atoi(a) // what is no number comes first
		y, _ := strconv.Atoi(b)
		return x - y
	})
	return keys
}

// checkAdam checks Adam and AdamW on a pruned gradient.
func checkAdam(c *Check) {
	var about struct {
		Settings map[string]struct {
			Rate        float64    `json:"lr"`
			Betas       [2]float64 `json:"betas"`
			Epsilon     float64    `json:"eps"`
			WeightDecay float64    `json:"weight_decay"`
		} `json:"settings"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	g := c.Golden()
	for _, name := range []string{"adam", "adam_b", "adamw"} {
		s, found := about.Settings[name]
		if !found {
			c.Fatalf("no settings of %s", name)
		}
		o := nn.AdamOptions{Beta1: s.Betas[0], Beta2: s.Betas[1], Epsilon: s.Epsilon, WeightDecay: s.WeightDecay}
		program := nn.NewProgram(c.Backend, name, func(_ []nn.Scope, a []*Node) []*Node {
			p, m, v := o.Update(a[0], Mul(a[1], a[2]), a[3], a[4], a[5], a[6])
			return []*Node{p, m, v}
		})
		p, gradients := g.Tensor("p0"), grids(g, "grads")
		m, v := tensors.FromShape(p.Shape()), tensors.FromShape(p.Shape())
		var steps []float32
		for k, gradient := range gradients {
			d := tensors.FromFlatDataAndDimensions(gradient.Values, 1, gradient.Height, gradient.Width, gradient.Channels)
			out := c.Call(program, nil, p, d, mask(g, "mask"), m, v, float32(s.Rate), float32(k+1))
			p, m, v = out[0], out[1], out[2]
			steps = append(steps, Values(c, p)...)
		}
		within := golden.Absolute(about.Tolerance)
		c.Near(name+".p", steps, Values(c, g.Tensor(name+".p")), within)
		c.Tensor(m, g, name+".m", within)
		c.Tensor(v, g, name+".v", within)
	}
}
