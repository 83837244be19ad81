package verify

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/ldce"
	"otherwise/nn"
)

// checkTrajectory checks a whole LDCE run from stored noise: every latent, mask and log-probability, and the result.
func checkTrajectory(c *Check) {
	var about struct {
		Steps     int          `json:"ddim_steps"`
		Start     int          `json:"start"`
		Eta       float64      `json:"eta_ddim"`
		Alpha     float64      `json:"alpha_bar_start"`
		Settings  ldceSettings `json:"settings"`
		Margin    float64      `json:"margin_deg"`
		Tolerance float64      `json:"tolerance"`
	}
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	m := c.toyModels(toy.Options{VQ: about.Settings.VQ, Binary: about.Settings.Binary})
	o := about.Settings.options()
	o.DDIMSteps, o.Strength, o.Eta = about.Steps, new((float64(about.Start)+0.5)/float64(about.Steps)), about.Eta
	method, err := ldce.New(m, o)
	if err != nil {
		c.Fatal(err)
	}
	c.Number("alpha_bar_start", method.Levels()[0], about.Alpha, golden.Absolute(scheduleTolerance))
	noised := c.Call(c.Program(func(_ []nn.Scope, a []*Node) []*Node { return []*Node{diffusion.AddNoise(a[0], a[1], a[2])} }), nil,
		g.Tensor("z_f"), float32(method.Levels()[0]), g.Tensor("noise"))
	c.Tensor(noised[0], g, "z_start", within)

	results, err := method.Denoise(c.Context, ldce.Start{Pictures: g.Tensor("x01"), Latent: g.Tensor("z_start"),
		Targets: classes(g.Ints("y")), Classes: classes(g.Ints("c")),
		StepNoise: func(k int) *tensors.Tensor { return g.At("step_noise", k) }}, nil)
	if err != nil {
		c.Fatal(err)
	}
	var z, last, final, kept, logProbs []float32
	for k := range about.Start {
		for _, r := range results {
			s := r.Steps[k]
			z, logProbs, kept = append(z, chw(*s.Latent)...), append(logProbs, float32(-s.Loss)), append(kept, s.Kept.Values...)
			if k == about.Start-1 {
				last, final = append(last, chw(counterfactual.Grid(*s.Decoded))...), append(final, chw(*s.Latent)...)
			}
		}
	}
	stored := func(name string) []float32 { v, _ := g.Floats(name); return v }
	kink := firstKink(c, m, g, about.Start, about.Settings.P == 1)
	if each := len(z) / about.Start; kink > 0 && kink < about.Start {
		c.Near("steps.z up to where a pixel's distance bends", z[:kink*each], stored("steps.z")[:kink*each], within)
	}
	latents := func(name string, got, want []float32) {
		d := golden.Compare(got, want, within)
		if !d.Pass && kink < about.Start {
			name, d = name+", a pixel's distance bends within rounding", golden.Compare(got, want, golden.Norm(kinkTolerance))
		}
		c.Add(name, d)
	}
	latents("steps.z", z, stored("steps.z"))
	c.Near("steps.log_prob", logProbs, stored("steps.log_prob"), within)
	if g.Has("steps.mask") && about.Margin > nearThreshold {
		c.Integers("steps.mask", rounded(kept), g.Ints("steps.mask"))
	}
	latents("steps.image_last", last, unitInterval(stored("steps.image_last")))
	latents("z_cf", final, stored("z_cf"))
	var pictures []float32
	var after []float64
	for _, r := range results {
		pictures, after = append(pictures, chw(counterfactual.Grid(r.Counterfactual))...), append(after, r.After...)
	}
	latents("x_cf", pictures, stored("x_cf"))
	c.Numbers("probabilities of x_cf", after, probabilities(stored("logits_cf"), len(results), about.Settings.Binary), within)
}

// kinkMargin is the rounding of a decoded value in float32, and kinkTolerance what may come of it: where a pixel is that near to
// the original's, the distance's gradient may have either sign, and near 0 and 1 clamping may cut it off or not. From the step on
// in which that happens another path follows, whose norm differs by less than anything that is wrong with a method; up to it the
// path is the stored one.
const (
	kinkMargin    = 1e-6
	kinkTolerance = 5e-3
)

// firstKink is the first of a stored run's steps in which rounding decides about a pixel's distance, the number of steps if none does.
func firstKink(c *Check, m counterfactual.Models, g *golden.File, steps int, absolute bool) int {
	program := nn.NewProgram(c.Backend, "kinks", func(nets []nn.Scope, a []*Node) []*Node {
		unit := m.DecodeUnit(counterfactual.BindNets(nets), a[0])
		nearest := ReduceAllMin(Min(Abs(unit), Abs(MinusOne(unit))))
		if absolute {
			nearest = Min(nearest, ReduceAllMin(Abs(Sub(ClipScalar(unit, 0, 1), a[1]))))
		}
		return []*Node{nearest}
	})
	for k := range steps {
		if out := c.Call(program, m.Params(), g.At("steps.z0_hat", k), g.Tensor("x01")); tensors.ToScalar[float32](out[0]) < kinkMargin {
			return k
		}
	}
	return steps
}

// chw are a grid's values in the order of files, [channels, height, width].
func chw(g counterfactual.Grid) []float32 {
	out := make([]float32, len(g.Values))
	area := g.Height * g.Width
	for i := range area {
		for k := range g.Channels {
			out[k*area+i] = g.Values[i*g.Channels+k]
		}
	}
	return out
}

// classes are class numbers as methods take them.
func classes(ids []int32) []int {
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = int(id)
	}
	return out
}

// unitInterval takes pictures from [-1, 1] to [0, 1], clamped.
func unitInterval(values []float32) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = min(1, max(0, (v+1)/2))
	}
	return out
}
