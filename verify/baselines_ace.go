package verify

import (
	"regexp"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/baselines"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

// pictureGraph decodes latents to pictures, clamped to [0, 1].
func pictureGraph(m counterfactual.Models) nn.GraphFunc {
	return func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{ClipScalar(m.DecodeUnit(counterfactual.BindNets(s), a[0]), 0, 1)}
	}
}

// aceSettings are a golden attack's, under the names of the reference.
type aceSettings struct {
	Tau    int     `json:"tau"`
	Iters  int     `json:"iters"`
	Step   float64 `json:"step"`
	Lam    float64 `json:"lam"`
	Dist   string  `json:"dist"`
	Bound  float64 `json:"bound"`
	Rule   string  `json:"rule"`
	Binary bool    `json:"binary"`
	Steps  int     `json:"respaced_steps"`
}

// checkACEAttack checks the attack through the diffusion filter, with the latent or the picture as its variable.
func checkACEAttack(c *Check) {
	var about struct {
		Settings  aceSettings `json:"settings"`
		Tolerance float64     `json:"tolerance"`
	}
	c.About(&about)
	s, within := about.Settings, golden.Absolute(about.Tolerance)
	g := c.Golden()
	m := c.baselineModels(toy.Options{Binary: s.Binary})
	o := baselines.ACEOptions{Steps: s.Steps, Tau: &s.Tau, Iterations: s.Iters, Step: s.Step, LambdaD: &s.Lam, Distance: s.Dist, Bound: s.Bound}
	if s.Rule == "gd" {
		o.Rule = "gradient"
	}
	latent, result := "z_f", "z_pe"
	if !g.Has(latent) {
		o.Variable, latent, result = "picture", "", "x_pe"
	}
	method, err := baselines.NewACE(m, o)
	if err != nil {
		c.Fatal(err)
	}
	b := goldenBatch(g, "x01", latent, "y", map[string]string{"attack": "noises"})
	if latent == "" { // its shape is what noise is drawn in
		b.Latent = tensors.FromShape(g.At("noises", 0).Shape())
	}
	steps := c.trail(g, "iter.")
	z, err := method.Attack(c.Context, b, func(st baselines.State) error {
		if st.Index == 0 && g.Has("filtered0") {
			c.Tensor(st.Details["filtered"], g, "filtered0", within)
			c.Tensor(st.Image, g, "image0", within)
		}
		return steps.watch(st)
	})
	if err != nil {
		c.Fatal(err)
	}
	steps.compare(within)
	c.Tensor(z, g, result, within)
	if latent != "" {
		c.decoded(m, z, g, "x_pe", within)
	}
}

var keepName = regexp.MustCompile(`^keep_d(\d+)_t([\d.]+)$`)

// checkACEMask checks the change mask, its dilation, what stays, and the same on the latent's grid.
func checkACEMask(c *Check) {
	var about struct {
		Tolerance float64 `json:"tolerance"`
		Cases     map[string]struct {
			Margin float64 `json:"margin"`
		} `json:"cases"`
	}
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	compare := func(mask, dilated, first, second string, dilation int) (changed []*counterfactual.Grid) {
		var masks, dilations []float32
		before, after := gridsOf(c, g.Tensor(first)), gridsOf(c, g.Tensor(second))
		for i := range before {
			m, d := baselines.ChangeMask(before[i], after[i], dilation)
			masks, dilations, changed = append(masks, m.Values...), append(dilations, d.Values...), append(changed, d)
		}
		if mask != "" {
			c.Near(mask, masks, stackedValues(g, mask), within)
		}
		c.Near(dilated, dilations, stackedValues(g, dilated), within)
		return changed
	}
	compare("", "same_dilated", "x1", "x1", 5)
	compare("one_pixel_mask", "one_pixel_dilated", "x1", "one_pixel_x2", 5)
	changes := map[string][]*counterfactual.Grid{}
	for _, d := range []string{"1", "5", "15"} {
		changes[d] = compare("mask_d"+d, "dilated_d"+d, "x1", "x2", whole(c, d))
	}
	for _, name := range g.Names() {
		parts := keepName.FindStringSubmatch(name)
		if parts == nil || about.Cases["d"+parts[1]+"_t"+parts[2]].Margin < about.Tolerance {
			continue // rounding decides
		}
		latentName := "keep_latent" + name[len("keep"):]
		var stays, latents []float32
		for _, change := range changes[parts[1]] {
			keep := baselines.Keep(change, decimal(c, parts[2]))
			latent, err := baselines.KeepLatent(keep, keep.Width/g.Shape(latentName)[3])
			if err != nil {
				c.Fatal(err)
			}
			stays, latents = append(stays, keep.Values...), append(latents, latent.Values...)
		}
		c.Near(name, stays, stackedValues(g, name), golden.Exact())
		c.Near(latentName, latents, stackedValues(g, latentName), golden.Exact())
	}
}

// checkACERefine checks the inpainting pass with a mask, and with all or nothing kept.
func checkACERefine(c *Check) {
	var about struct {
		Settings struct {
			Tau   int `json:"tau"`
			Steps int `json:"respaced_steps"`
		} `json:"settings"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	m := c.baselineModels(toy.Options{})
	method, err := baselines.NewACE(m, baselines.ACEOptions{Steps: about.Settings.Steps, Tau: &about.Settings.Tau})
	if err != nil {
		c.Fatal(err)
	}
	b := &baselines.Batch{Picture: g.Tensor("x_f"), Latent: g.Tensor("z_f"), Null: classTokens(g.Ints("cond")),
		Noise: storedNoise(g, map[string]string{"refine/start": "start_noise", "refine/keep": "keep_noises", "refine/step": "step_noises"})}
	shape := g.Shape("keep_latent")
	all := make([]float32, shape[0]*shape[2]*shape[3])
	for i := range all {
		all[i] = 1
	}
	full := tensors.FromFlatDataAndDimensions(all, shape[0], shape[2], shape[3], 1)
	for name, keep := range map[string]*tensors.Tensor{"mask": maskTensor(g, "keep_latent"), "all": full, "none": tensors.FromShape(full.Shape())} {
		steps := c.trail(g, name+".")
		z, err := method.Refine(c.Context, b, g.Tensor("z_pe"), keep, steps.watch)
		if err != nil {
			c.Fatal(err)
		}
		steps.compare(within)
		c.Tensor(z, g, name+".z", within)
		c.decoded(m, z, g, name+".x", within)
	}
	c.pasted(g, "mask.x", "x_f", "keep", true, "mask.x_pasted", within)
}

// pasted checks the original put back around an edit. The mask is 1 where the picture was edited, or with kept where it stays.
func (c *Check) pasted(g *golden.File, edited, original, mask string, kept bool, name string, tolerance golden.Tolerance) {
	var got []float32
	now, before, masks := gridsOf(c, g.Tensor(edited)), gridsOf(c, g.Tensor(original)), gridsOf(c, maskTensor(g, mask))
	for i := range now {
		if kept {
			for j, v := range masks[i].Values {
				masks[i].Values[j] = 1 - v
			}
		}
		p := baselines.Paste(counterfactual.Picture(now[i]), counterfactual.Picture(before[i]), &masks[i])
		got = append(got, p.Values...)
	}
	c.Near(name, got, stackedValues(g, name), tolerance)
}
