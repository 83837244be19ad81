package verify

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/eced"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

// checkBackground checks stage B: every loss, the first gradients, and what latent and decoder came to.
func checkBackground(c *Check) {
	var about struct {
		Losses    []float64 `json:"losses"`
		Alpha     float64   `json:"alpha_bar_final"`
		Kind      string    `json:"loss_kind"`
		Tolerance float64   `json:"tolerance"`
		LrLatent  float64   `json:"lr_latent"`
		LrDecoder float64   `json:"lr_decoder"`
	}
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	m := c.toyModels(toy.Options{})
	method, err := eced.New(m, eced.Options{BackgroundLoss: about.Kind, LatentRate: &about.LrLatent, DecoderRate: &about.LrDecoder})
	if err != nil {
		c.Fatal(err)
	}
	steps := method.Steps()
	c.Number("alpha_bar_final", steps[len(steps)-1].AlphaPrev, about.Alpha, golden.Absolute(scheduleTolerance))
	fitting, err := method.NewFitting(g.Tensor("z_init"))
	if err != nil {
		c.Fatal(err)
	}
	noise := func(k int) *tensors.Tensor { return g.At("noises", k) }
	alpha := float32(about.Alpha)
	var names []string
	first := c.Call(nn.NewProgram(c.Backend, "first gradients", func(nets []nn.Scope, a []*Node) []*Node {
		image := m.Diffusion.Decode(nets[0], diffusion.AddNoise(a[0], a[1], a[2]))
		var params []*Node
		names, params = nets[0].Used()
		return Gradient(eced.BackgroundLoss(image, a[3], a[4], about.Kind), append([]*Node{a[0]}, params...)...)
	}), []*nn.Params{fitting.Decoder}, g.Tensor("z_init"), alpha, noise(0), g.Tensor("x"), mask(g, "mask"))
	c.Tensor(first[0], g, "first.grad.z", within)
	for i, name := range names {
		compareParam(c, first[1+i], g, "first.grad."+strings.TrimPrefix(name, "dec."), within)
	}
	var losses []float64
	for k := range about.Losses {
		loss, err := fitting.Step(g.Tensor("x"), mask(g, "mask"), noise(k))
		if err != nil {
			c.Fatal(err)
		}
		losses = append(losses, loss)
	}
	c.Numbers("losses", losses, about.Losses, within)
	c.Tensor(fitting.Latent, g, "z_bg", within)
	for _, name := range fitting.Decoder.Names() {
		compareParam(c, fitting.Decoder.Get(name), g, name, within)
	}
	final := c.Call(nn.NewProgram(c.Backend, "fitted decoder", func(nets []nn.Scope, a []*Node) []*Node {
		return []*Node{m.Diffusion.Decode(nets[0], diffusion.AddNoise(a[0], a[1], a[2]))}
	}), []*nn.Params{fitting.Decoder}, fitting.Latent, alpha, noise(len(about.Losses)-1))
	c.Tensor(final[0], g, "x_hat", within)
}

// compareParam compares a parameter, whose kernels graphs have as [height, width, in, out] and files as [out, in, height, width].
func compareParam(c *Check, got *tensors.Tensor, g *golden.File, name string, tolerance golden.Tolerance) {
	if got.Rank() == 4 {
		turned := c.Call(nn.NewProgram(c.Backend, "kernel", func(_ []nn.Scope, a []*Node) []*Node {
			return []*Node{TransposeAllAxes(a[0], 3, 2, 0, 1)}
		}), nil, got)
		got = turned[0]
	}
	want, _ := g.Floats(name)
	c.Near(name, Values(c, got), want, tolerance)
}

// checkGenerate checks stage C: every iteration's latents, loss, probability and gradients, and the result.
func checkGenerate(c *Check) {
	var about struct {
		Losses     []float64 `json:"losses"`
		Iterations int       `json:"iterations"`
		Rate       float64   `json:"lr"`
		Eta        float64   `json:"eta"`
		Schedule   []struct {
			T     int32   `json:"t"`
			Alpha float64 `json:"a"`
			To    float64 `json:"a_prev"`
		} `json:"schedule"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	tau := len(about.Schedule)
	if tau < 2 {
		c.Fatalf("the schedule has %d steps; two tell how many the whole one has", tau)
	}
	models := c.toyModels(toy.Options{})
	steps := len(models.Diffusion.Schedule.AlphasCumprod) / int(about.Schedule[0].T-about.Schedule[1].T)
	method, err := eced.New(models, eced.Options{DDIMSteps: steps, DenoiseSteps: tau, Eta: about.Eta, Rate: &about.Rate,
		Iterations: about.Iterations})
	if err != nil {
		c.Fatal(err)
	}
	for i, s := range method.Steps() {
		want := about.Schedule[i]
		c.Numbers(fmt.Sprintf("schedule of step %d", i), []float64{float64(s.T), s.Alpha, s.AlphaPrev},
			[]float64{float64(want.T), want.Alpha, want.To}, golden.Absolute(scheduleTolerance))
	}
	scene := eced.Scene{Encoded: g.Tensor("z_f"), Background: g.Tensor("z_bg"), LatentMask: mask(g, "mask_latent"), Decoders: []*nn.Params{fittedDecoder(c, g)},
		Targets: classes(g.Ints("y")), Classes: classes(g.Ints("c"))}
	a, err := method.NewAdversary(scene)
	if err != nil {
		c.Fatal(err)
	}
	var losses, chances []float64
	stacked := map[string][]float32{}
	for k := range about.Iterations {
		stacked["iter.z_fg"] = append(stacked["iter.z_fg"], nchw(c, a.Foreground)...)
		it, err := a.Step(c.Context, generateNoise(g, k, tau))
		if err != nil {
			c.Fatal(err)
		}
		for name, t := range map[string]*tensors.Tensor{"iter.z_final": it.Pass.Last(), "iter.grad": it.Gradient, "iter.grad_pruned": it.Pruned} {
			stacked[name] = append(stacked[name], nchw(c, t)...)
		}
		losses, chances = append(losses, it.Loss), append(chances, it.Probabilities...)
		if k == 0 {
			for _, z := range it.Pass.States {
				stacked["iter0.inter"] = append(stacked["iter0.inter"], nchw(c, z)...)
			}
			c.Tensor(it.Image, g, "iter0.image", within)
		}
		if k == about.Iterations-1 {
			c.Tensor(it.Image, g, "x_cf", within)
		}
		it.Free()
	}
	for _, name := range []string{"iter.z_fg", "iter.z_final", "iter.grad", "iter.grad_pruned", "iter0.inter"} {
		want, _ := g.Floats(name)
		c.Near(name, stacked[name], want, within)
	}
	c.Numbers("losses", losses, about.Losses, within)
	want, _ := g.Floats("iter.prob")
	c.Numbers("iter.prob", chances, widened(want), within)
	c.Tensor(a.Foreground, g, "z_fg_final", within)
	if about.Eta == 0 {
		properties, err := method.CheckMasking(c.Context, scene, generateNoise(g, 0, tau), 0)
		if err != nil {
			c.Fatal(err)
		}
		for _, p := range properties {
			c.True(p.Name+", "+p.Says, p.Holds)
		}
	}
}

// generateNoise reads the noise of iteration k, which files with fixed noise store once.
func generateNoise(g *golden.File, k, tau int) eced.ChainNoise {
	noise := eced.ChainNoise{}
	if len(g.Shape("start_noise")) == 4 {
		k = 0
		noise.Start = g.Tensor("start_noise")
	} else {
		noise.Start = g.At("start_noise", k)
	}
	for i := range tau {
		noise.Background = append(noise.Background, g.At("bg_noise", k*tau+i))
		step := diffusion.NoNoise()
		if g.Has("step_noise") {
			step = g.At("step_noise", k*tau+i)
		}
		noise.Step = append(noise.Step, step)
	}
	return noise
}

// fittedDecoder reads the decoder's parameters that a golden file holds.
func fittedDecoder(c *Check, g *golden.File) *nn.Params {
	all, err := nn.LoadParams(g.Source())
	if err != nil {
		c.Fatal(err)
	}
	return all.Subset(func(name string) bool { return strings.HasPrefix(name, "dec.") })
}

// nchw reads a tensor [batch, height, width, channels] in the order of files.
func nchw(c *Check, t *tensors.Tensor) []float32 {
	values, d := Values(c, t), t.Shape().Dimensions
	out := make([]float32, 0, len(values))
	size := d[1] * d[2] * d[3]
	for i := range d[0] {
		for k := range d[3] {
			for p := range d[1] * d[2] {
				out = append(out, values[i*size+p*d[3]+k])
			}
		}
	}
	return out
}

func widened(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}
