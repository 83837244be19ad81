package verify

import (
	"fmt"
	"regexp"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// scheduleTolerance is that of tables in float64.
const scheduleTolerance = 1e-12

// checkSchedule checks noise schedules, their respacing, and single steps.
func checkSchedule(c *Check) {
	var about struct {
		Steps []struct {
			Eta   float64 `json:"eta"`
			Index int     `json:"index"`
			Steps int     `json:"steps"`
		} `json:"steps"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	g := c.Golden()
	schedules := map[string]diffusion.Schedule{}
	for name, config := range map[string]diffusion.ScheduleConfig{"sd": sdSchedule, "cin": cinSchedule} {
		s, err := diffusion.NewSchedule(config)
		if err != nil {
			c.Fatal(err)
		}
		schedules[name] = s
	}
	for _, name := range []string{"sd", "cin"} {
		s := schedules[name]
		c.Numbers(name+".betas", s.Betas, g.Doubles(name+".betas"), golden.Absolute(scheduleTolerance))
		c.Numbers(name+".alphas_cumprod", s.AlphasCumprod, g.Doubles(name+".alphas_cumprod"), golden.Absolute(scheduleTolerance))
	}
	for _, name := range g.Names() {
		switch {
		case respacedName.MatchString(name):
			checkRespacing(c, g, name, schedules)
		case blendedName.MatchString(name):
			checkBlendedSchedule(c, g, name, schedules["sd"])
		}
	}
	step := c.Program(func(_ []nn.Scope, a []*Node) []*Node {
		prev, x0 := diffusion.DDIMStep(a[0], a[1], a[2], a[3], a[4], a[5])
		return []*Node{prev, x0, diffusion.AddNoise(a[0], a[2], a[5])}
	})
	for _, s := range about.Steps {
		steps, err := schedules["sd"].DDIMSteps(s.Steps, s.Eta)
		if err != nil {
			c.Fatal(err)
		}
		at := steps[s.Index]
		out := c.Call(step, nil, g.Tensor("step.z"), g.Tensor("step.eps"), float32(at.Alpha), float32(at.AlphaPrev), float32(at.Sigma),
			g.Tensor("step.noise"))
		c.Tensor(out[0], g, fmt.Sprintf("step.out_eta%.1f_i%d", s.Eta, s.Index), golden.Absolute(about.Tolerance))
		if s.Eta == 0 { // the others imply the same clean latent, and noise to the same level
			c.Tensor(out[1], g, fmt.Sprintf("step.x0_i%d", s.Index), golden.Absolute(about.Tolerance))
			c.Tensor(out[2], g, fmt.Sprintf("step.q_i%d", s.Index), golden.Absolute(about.Tolerance))
		}
		if name := fmt.Sprintf("step.ddpm_i%d", s.Index); s.Eta == 1 && g.Has(name) {
			// ancestral steps are those of eta 1, but that the last adds no noise
			noise := g.Tensor("step.noise")
			if s.Index == 0 {
				noise = tensors.FromShape(noise.Shape())
			}
			out := c.Call(step, nil, g.Tensor("step.z"), g.Tensor("step.eps"), float32(at.Alpha), float32(at.AlphaPrev), float32(at.Sigma), noise)
			c.Tensor(out[0], g, name, golden.Absolute(about.Tolerance))
		}
	}
}

var (
	respacedName = regexp.MustCompile(`^(sd|cin)\.ddim(\d+)\.sigma_eta([\d.]+)$`)
	blendedName  = regexp.MustCompile(`^eced(\d+)_(\d+)\.t$`)
)

// checkRespacing checks the tables of one respaced schedule, by the name of its sigmas.
func checkRespacing(c *Check, g *golden.File, name string, schedules map[string]diffusion.Schedule) {
	parts := respacedName.FindStringSubmatch(name)
	prefix := fmt.Sprintf("%s.ddim%s.", parts[1], parts[2])
	eta, err := strconv.ParseFloat(parts[3], 64)
	if err != nil {
		c.Fatal(err)
	}
	steps, err := schedules[parts[1]].DDIMSteps(whole(c, parts[2]), eta)
	if err != nil {
		c.Fatal(err)
	}
	var t []int32
	var a, previous, sigma []float64
	for _, s := range steps {
		t, a, previous, sigma = append(t, int32(s.T)), append(a, s.Alpha), append(previous, s.AlphaPrev), append(sigma, s.Sigma)
	}
	c.Numbers(name, sigma, g.Doubles(name), golden.Absolute(scheduleTolerance))
	if eta == 0 {
		c.Integers(prefix+"t", t, g.Ints(prefix+"t"))
		c.Numbers(prefix+"a", a, g.Doubles(prefix+"a"), golden.Absolute(scheduleTolerance))
		c.Numbers(prefix+"a_prev", previous, g.Doubles(prefix+"a_prev"), golden.Absolute(scheduleTolerance))
	}
}

// checkBlendedSchedule checks the last steps of a respaced schedule in the order in which ECED makes them.
func checkBlendedSchedule(c *Check, g *golden.File, name string, schedule diffusion.Schedule) {
	parts := blendedName.FindStringSubmatch(name)
	steps, err := schedule.DDIMSteps(whole(c, parts[1]), 0)
	if err != nil {
		c.Fatal(err)
	}
	var t, before []int32
	var a, previous []float64
	for i := whole(c, parts[2]) - 1; i >= 0; i-- {
		t, a, previous = append(t, int32(steps[i].T)), append(a, steps[i].Alpha), append(previous, steps[i].AlphaPrev)
		if i > 0 {
			before = append(before, int32(steps[i-1].T))
		} else {
			before = append(before, 0)
		}
	}
	prefix := fmt.Sprintf("eced%s_%s.", parts[1], parts[2])
	c.Integers(prefix+"t", t, g.Ints(prefix+"t"))
	c.Integers(prefix+"t_prev", before, g.Ints(prefix+"t_prev"))
	c.Numbers(prefix+"a", a, g.Doubles(prefix+"a"), golden.Absolute(scheduleTolerance))
	c.Numbers(prefix+"a_prev", previous, g.Doubles(prefix+"a_prev"), golden.Absolute(scheduleTolerance))
}

// whole reads a whole number in a tensor's name.
func whole(c *Check, digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		c.Fatal(err)
	}
	return n
}
