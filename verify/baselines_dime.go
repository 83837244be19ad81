package verify

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/baselines"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

// dimeSettings are a golden run's of DiME, FastDiME or MaskDiME, under the names of the reference.
type dimeSettings struct {
	Tau       int     `json:"tau"`
	LamC      float64 `json:"lam_c"`
	LamL1     float64 `json:"lam_l1"`
	LamP      float64 `json:"lam_p"`
	UseLogits *bool   `json:"use_logits"`
	Binary    *bool   `json:"binary"`

	Warmup     *int    `json:"warmup"`
	Threshold  float64 `json:"threshold"`
	Dilation   int     `json:"dilation"`
	ScaleGrads bool    `json:"scale_grads"`

	Scale      float64 `json:"scale"`
	R1         float64 `json:"r1"`
	R2         float64 `json:"r2"`
	Kernel     int     `json:"kernel"`
	Clip       float64 `json:"clip"`
	PerChannel bool    `json:"per_channel"`
}

// binary reports whether the run has the classifier with one logit, as those have that don't say so.
func (s dimeSettings) binary() bool { return s.Binary == nil || *s.Binary }

func (s dimeSettings) options(c *Check, steps int) baselines.DiMEOptions {
	o := baselines.DiMEOptions{Steps: steps, Tau: s.Tau, LambdaC: []float64{s.LamC}, Lambda1: &s.LamL1, LambdaP: &s.LamP, Perceptual: c.toyPerceptual()}
	if s.UseLogits != nil && !*s.UseLogits {
		o.Loss = "log_prob"
	}
	return o
}

// dimeAbout describes a golden run.
type dimeAbout struct {
	Settings  dimeSettings `json:"settings"`
	Steps     int          `json:"respaced_steps"`
	Tolerance float64      `json:"tolerance"`
	Gradients float64      `json:"tolerance_gradient_relative"`
}

var dimeNoise = map[string]string{"start": "start_noise", "step": "step_noises", "chain": "chain_noises", "keep": "keep_noises", "background": "bg_noises"}

// checkDiME checks a whole DiME-style run from stored noise.
func checkDiME(c *Check) {
	var about dimeAbout
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	m := c.baselineModels(toy.Options{Binary: about.Settings.binary()})
	method, err := baselines.NewDiME(m, about.Settings.options(c, about.Steps))
	if err != nil {
		c.Fatal(err)
	}
	steps := c.trail(g, "steps.")
	z, err := method.Guide(c.Context, goldenBatch(g, "x_f", "z_f", "y", dimeNoise), about.Settings.LamC, steps.watch)
	if err != nil {
		c.Fatal(err)
	}
	steps.compare(within)
	c.Tensor(z, g, "z_cf", within)
	c.decoded(m, z, g, "x_cf", within)
	pictures := c.Call(c.Program(pictureGraph(m)), m.Params(), z)
	logits := c.Call(c.Program(func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{m.Classifier.Logits(counterfactual.BindNets(s).Classifier, a[0])}
	}), m.Params(), pictures[0])
	c.Tensor(logits[0], g, "logit_cf", within)
}

// checkFastDiME checks a whole FastDiME-style run from stored noise.
func checkFastDiME(c *Check) {
	var about dimeAbout
	c.About(&about)
	within, s := golden.Absolute(about.Tolerance), about.Settings
	g := c.Golden()
	m := c.baselineModels(toy.Options{Binary: s.binary()})
	method, err := baselines.NewFastDiME(m, baselines.FastDiMEOptions{DiMEOptions: s.options(c, about.Steps), NoMasks: s.Warmup == nil,
		Warmup: s.Warmup, Threshold: threshold(s.Threshold), Dilation: s.Dilation, ScaleGradients: s.ScaleGrads})
	if err != nil {
		c.Fatal(err)
	}
	steps := c.trail(g, "steps.")
	z, err := method.Guide(c.Context, goldenBatch(g, "x_f", "z_f", "y", dimeNoise), s.LamC, func(st baselines.State) error {
		for _, name := range []string{"mask", "keep"} { // before there is a mask the reference holds zeros
			if st.Details[name] == nil {
				size := len(stackedValues(g, "steps."+name)) / g.Shape("steps." + name)[0]
				steps.got[name] = append(steps.got[name], make([]float32, size)...)
			}
		}
		return steps.watch(st)
	})
	if err != nil {
		c.Fatal(err)
	}
	steps.compare(within)
	c.Tensor(z, g, "z_cf", within)
	c.decoded(m, z, g, "x_cf", within)
}

func threshold(v float64) *float64 {
	if v == 0 {
		return nil
	}
	return &v
}

// maskDiMEInputs is what all golden runs of MaskDiME share.
var maskDiMEInputs = []string{"maskdime_inputs.safetensors", "maskdime_inputs.json"}

var maskDiMECase = regexp.MustCompile(`^r([\de.-]+)_([\de.-]+)_k(\d+)(_channel)?\.(outer|inner)$`)

// checkMaskDiMEMasks checks the nested masks of gradients, and the clamp.
func checkMaskDiMEMasks(c *Check) {
	var about struct {
		Tolerance float64 `json:"tolerance"`
		Cases     map[string]struct {
			Margin float64 `json:"margin"`
		} `json:"cases"`
	}
	c.pythonAbout(&about)
	g := c.Golden()
	gradients := gridsOf(c, g.Tensor("grad"))
	for _, name := range g.Names() {
		parts := maskDiMECase.FindStringSubmatch(name)
		if parts == nil || about.Cases[strings.TrimSuffix(strings.TrimSuffix(name, ".outer"), ".inner")].Margin == 0.0 {
			continue // of equal strengths any may be chosen
		}
		var got []float32
		for _, gradient := range gradients {
			outer, inner := baselines.GradientMasks(gradient, decimal(c, parts[1]), decimal(c, parts[2]), whole(c, parts[3]), parts[4] != "")
			if parts[5] == "inner" {
				outer = inner
			}
			got = append(got, outer.Values...)
		}
		c.Near(name, got, stackedValues(g, name), golden.Exact())
	}
	for _, sigmas := range []string{"1", "3"} {
		clamp := c.Program(func(_ []nn.Scope, a []*Node) []*Node {
			return []*Node{baselines.ClampToSigmas(a[0], decimal(c, sigmas))}
		})
		out := c.Call(clamp, nil, g.Tensor("grad"))
		c.Tensor(out[0], g, "clipped_"+sigmas, golden.Absolute(about.Tolerance))
	}
}

// pythonAbout is [Check.About] for a description with infinite numbers, which Python writes and JSON doesn't know.
func (c *Check) pythonAbout(into any) {
	raw, err := os.ReadFile(c.Path(c.Stem() + ".json"))
	if err == nil {
		err = json.Unmarshal(bytes.ReplaceAll(raw, []byte(": Infinity"), []byte(": 1e308")), into)
	}
	if err != nil {
		c.Fatal(err)
	}
}

// checkMaskDiME checks a whole MaskDiME-style run, and, where the file has them, its variants.
func checkMaskDiME(c *Check) {
	var about dimeAbout
	c.About(&about)
	var shared struct {
		Steps int `json:"respaced_steps"`
	}
	c.JSON(maskDiMEInputs[1], &shared)
	about.Steps = shared.Steps
	g, inputs := c.Golden(), c.Open(maskDiMEInputs[0])
	m := c.baselineModels(toy.Options{Binary: about.Settings.binary()})
	run := func(s dimeSettings, restore bool, watch baselines.Watcher, name string) {
		method, err := baselines.NewMaskDiME(m, baselines.MaskDiMEOptions{DiMEOptions: s.options(c, about.Steps), Scale: &s.Scale, OuterShare: &s.R1,
			InnerShare: &s.R2, Growth: s.Kernel, PerChannel: s.PerChannel, ClipSigmas: s.Clip, Restore: restore})
		if err != nil {
			c.Fatal(err)
		}
		target := "y"
		if s.binary() {
			target = "y_bin"
		}
		z, err := method.Guide(c.Context, goldenBatch(inputs, "x_f", "z_f", target, dimeNoise), s.LamC, watch)
		if err != nil {
			c.Fatal(err)
		}
		c.Tensor(z, g, name, golden.Absolute(about.Tolerance))
	}
	steps, first := c.trail(g, "steps."), c.trail(g, "steps3.")
	run(about.Settings, false, func(s baselines.State) error {
		if err := first.watch(s); err != nil {
			return err
		}
		return steps.watch(s)
	}, "z_cf")
	steps.compare(golden.Absolute(about.Tolerance))
	first.compareGradients(about)
	if g.Has("restore.z_cf") {
		run(about.Settings, true, nil, "restore.z_cf")
	}
	if g.Has("whole.z_cf") {
		whole := about.Settings
		whole.R1, whole.R2, whole.Kernel = 1, 1, 1
		run(whole, false, nil, "whole.z_cf")
	}
}

// compareGradients compares the first steps: gradients relative to their largest entry in a step, the rest absolutely.
func (t *trail) compareGradients(about dimeAbout) {
	for _, name := range slices.Sorted(maps.Keys(t.got)) {
		got, want := t.got[name], stackedValues(t.g, t.prefix+name)
		if !strings.HasPrefix(name, "grad") {
			t.check.Near(t.prefix+name, got, want, golden.Absolute(about.Tolerance))
			continue
		}
		size := len(want) / t.g.Shape(t.prefix + name)[0]
		for k := 0; k < len(want); k += size {
			largest := 0.0
			for _, v := range want[k : k+size] {
				largest = max(largest, math.Abs(float64(v)))
			}
			t.check.Near(t.prefix+name, got[k:k+size], want[k:k+size], golden.Absolute(about.Gradients*largest))
		}
	}
}
