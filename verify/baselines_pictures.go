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

var maxlinName = regexp.MustCompile(`^p([\d.]+)_eps([\d.]+)$`)

// checkMaximizeLinear checks SVCE's linear maximisation over ball and box. It is computed in float64, so that exponents near 1 are as
// exact as others.
func checkMaximizeLinear(c *Check) {
	var about struct {
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	g := c.Golden()
	x, shape := g.Floats("x")
	w, _ := g.Floats("w")
	size := len(x) / shape[0]
	for _, name := range g.Names() {
		parts := maxlinName.FindStringSubmatch(name)
		if parts == nil {
			continue
		}
		var got []float32
		for i := 0; i < len(x); i += size {
			for _, v := range baselines.MaximizeLinear(float64s(x[i:i+size]), float64s(w[i:i+size]), decimal(c, parts[2]), decimal(c, parts[1])) {
				got = append(got, float32(v))
			}
		}
		want, _ := g.Floats(name)
		c.Near(name, got, want, golden.Absolute(about.Tolerance))
	}
}

func float64s(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

// checkSVCE checks a whole Frank-Wolfe run with its cuts of the step.
func checkSVCE(c *Check) {
	var about struct {
		Settings struct {
			P        float64 `json:"p"`
			Eps      float64 `json:"eps"`
			Iters    int     `json:"iters"`
			Momentum float64 `json:"momentum"`
		} `json:"settings"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	within, s := golden.Absolute(about.Tolerance), about.Settings
	g := c.Golden()
	method, err := baselines.NewSVCE(c.baselineModels(toy.Options{}),
		baselines.SVCEOptions{P: s.P, Radius: s.Eps, Iterations: s.Iters, Momentum: s.Momentum})
	if err != nil {
		c.Fatal(err)
	}
	steps := c.trail(g, "steps.")
	best, logProb, err := method.Climb(c.Context, goldenBatch(g, "x_f", "", "y", map[string]string{"start": "start_w"}), steps.watch)
	if err != nil {
		c.Fatal(err)
	}
	steps.compare(within)
	c.Near("log_prob", float32s(logProb), numbers(g, "log_prob"), within)
	c.Tensor(best, g, "x_cf", within)
}

// checkPGD checks plain PGD.
func checkPGD(c *Check) {
	var about struct {
		Settings struct {
			Norm  string  `json:"norm"`
			Eps   float64 `json:"eps"`
			Step  float64 `json:"step"`
			Iters int     `json:"iters"`
		} `json:"settings"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	within, s := golden.Absolute(about.Tolerance), about.Settings
	g := c.Golden()
	m := c.baselineModels(toy.Options{})
	method, err := baselines.NewPGD(m, baselines.PGDOptions{Norm: s.Norm, Radius: &s.Eps, Step: s.Step, Iterations: s.Iters})
	if err != nil {
		c.Fatal(err)
	}
	steps := c.trail(g, "steps.")
	x, err := method.Attack(c.Context, goldenBatch(g, "x_f", "", "y", nil), steps.watch)
	if err != nil {
		c.Fatal(err)
	}
	steps.compare(within)
	c.Tensor(x, g, "x_adv", within)
	probability := c.Program(func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{Exp(m.Classifier.LogProb(counterfactual.BindNets(s).Classifier, a[0], a[1]))}
	})
	for name, pictures := range map[string]*tensors.Tensor{"prob_before": g.Tensor("x_f"), "prob_after": x} {
		c.Tensor(c.Call(probability, m.Params(), pictures, g.Ints("y"))[0], g, name, within)
	}
}
