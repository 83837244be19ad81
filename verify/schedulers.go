package verify

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// schedulerParts check schedulers.
var schedulerParts = []Part{{Files: "schedulers/schedulers_golden.safetensors", Also: []string{"schedulers/settings.json"}, Run: checkSchedulers}}

// schedulerTolerance is that of float32 schedules and of what is computed by them.
var schedulerTolerance = golden.RMS(1e-5)

// schedulerCheck is a check of the folder's schedules, samplers and trajectories.
type schedulerCheck struct {
	*Check
	g         *golden.File
	schedules map[string]diffusion.Schedule
	sd        diffusion.Schedule // that of the diffusers cases
	slope     float64            // of the estimate slope x + sin(t)
	walker    *diffusion.Walker
	estimate  *nn.Program
}

func checkSchedulers(check *Check) {
	c := &schedulerCheck{Check: check, g: check.Golden(), schedules: map[string]diffusion.Schedule{}, walker: diffusion.NewWalker(check.Backend)}
	var settings map[string]json.RawMessage
	c.JSON("schedulers/settings.json", &settings)
	var schedules map[string]diffusion.ScheduleConfig
	var estimate string
	if err := json.Unmarshal(settings["schedules"], &schedules); err != nil {
		c.Fatal(err)
	}
	if err := json.Unmarshal(settings["eps"], &estimate); err != nil {
		c.Fatal(err)
	}
	if _, err := fmt.Sscanf(estimate, "%g * x + sin(t)", &c.slope); err != nil {
		c.Fatalf("settings.json: the estimate is %q, known is K * x + sin(t): %v", estimate, err)
	}
	c.estimate = nn.NewProgram(c.Backend, "estimate", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{Add(MulScalar(a[0], c.slope), a[1])}
	})
	for name, config := range schedules {
		config.Steps = len(c.g.Doubles("expected." + name + ".betas_f64"))
		c.checkTables(name, config)
	}
	c.sd = c.scheduler(settings["ddim.sd"], "DDIMScheduler").schedule
	ddim, pndm, ddpm := c.scheduler(settings["ddim.sd"], "DDIMScheduler"), c.scheduler(settings["pndm.sd"], "PNDMScheduler"),
		c.scheduler(settings["ddpm.sd"], "DDPMScheduler")
	for _, name := range c.g.Names() {
		c.checkDiffusers(name, ddim.Scheduler.(diffusion.DDIM), pndm.Scheduler, ddpm.Scheduler.(diffusion.DDPM))
		c.checkLatentDiffusion(name)
	}
	c.checkSingleSteps()
}

func (c *schedulerCheck) checkTables(name string, config diffusion.ScheduleConfig) {
	s := must[diffusion.Schedule](c.Check)(diffusion.NewSchedule(config))
	c.schedules[name] = s
	for table, values := range map[string][]float64{"betas": s.Betas, "alphas_cumprod": s.AlphasCumprod} {
		prefix := "expected." + name + "." + table
		c.Numbers(prefix+"_f64", values, c.g.Doubles(prefix+"_f64"), golden.Absolute(scheduleTolerance))
		c.Near(prefix, singles(values), Values(c, c.g.Tensor(prefix)), schedulerTolerance)
	}
}

// sampler is a scheduler of the settings, and its schedule.
type sampler struct {
	diffusion.Scheduler
	schedule diffusion.Schedule
}

func (c *schedulerCheck) scheduler(settings json.RawMessage, class string) sampler {
	config := must[diffusion.SchedulerConfig](c.Check)(diffusion.ParseScheduler(settings))
	config.Class = class
	return sampler{must[diffusion.Scheduler](c.Check)(config.Scheduler()), must[diffusion.Schedule](c.Check)(diffusion.NewSchedule(config.ScheduleConfig))}
}

var (
	timestepsName  = regexp.MustCompile(`^expected\.(ddim\.sd|ddim\.offset0|ddim\.trailing|ddim\.linspace|pndm\.sd|ddpm\.sd|ldm)\.timesteps_(\d+)$`)
	trajectoryName = regexp.MustCompile(`^expected\.(ddim|pndm|ddpm)\.sd\.(?:(fixed_\w+)\.)?trajectory_(\d+)(?:_eta([\d.]+))?$`)
	ldmName        = regexp.MustCompile(`^expected\.ldm\.(\w+)\.(\d+)\.(?:eta([\d.]+)\.(sigmas_f64|trajectory|pred_x0)|(plms_trajectory))$`)
)

// checkDiffusers checks one of the values that diffusers' schedulers gave.
func (c *schedulerCheck) checkDiffusers(name string, ddim diffusion.DDIM, pndm diffusion.Scheduler, ddpm diffusion.DDPM) {
	if m := timestepsName.FindStringSubmatch(name); m != nil {
		scheduler := map[string]diffusion.Scheduler{"ddim.sd": ddim, "ddim.offset0": diffusion.DDIM{Spacing: diffusion.Leading},
			"ddim.trailing": diffusion.DDIM{Spacing: diffusion.Trailing}, "ddim.linspace": diffusion.DDIM{Spacing: diffusion.Linspace},
			"pndm.sd": pndm, "ddpm.sd": ddpm, "ldm": diffusion.DDIM{}}[m[1]]
		moves := must[[]diffusion.Move](c.Check)(scheduler.Moves(c.sd, whole(c.Check, m[2])))
		got := make([]int32, len(moves))
		for i, move := range moves {
			got[i] = int32(move.T)
		}
		if m[1] == "ldm" { // listed ascending
			slices.Reverse(got)
		}
		c.Integers(name, got, c.g.Ints(name))
	}
	m := trajectoryName.FindStringSubmatch(name)
	if m == nil {
		return
	}
	var scheduler diffusion.Scheduler
	switch m[1] {
	case "ddim":
		ddim.Eta = c.number(m[4])
		scheduler = ddim
	case "pndm":
		scheduler = pndm
	case "ddpm":
		ddpm.LargeVariance = m[2] == "fixed_large"
		scheduler = ddpm
	}
	states, _ := c.walk(c.sd, scheduler, whole(c.Check, m[3]))
	c.compareStates(name, states)
}

// checkLatentDiffusion checks one of the values by latent diffusion's own formulas.
func (c *schedulerCheck) checkLatentDiffusion(name string) {
	m := ldmName.FindStringSubmatch(name)
	if m == nil {
		return
	}
	s, steps := c.schedules[m[1]], whole(c.Check, m[2])
	if m[5] != "" {
		states, _ := c.walk(s, diffusion.PLMS{}, steps)
		c.compareStates(name, states[1:]) // the state before the look-ahead is not counted
		return
	}
	eta := c.number(m[3])
	if m[4] != "sigmas_f64" {
		states, clean := c.walk(s, diffusion.DDIM{Eta: eta}, steps)
		if m[4] == "pred_x0" {
			states = clean
		}
		c.compareStates(name, states)
		return
	}
	respaced := must[[]diffusion.Step](c.Check)(s.DDIMSteps(steps, eta))
	var sigmas, alphas, before []float64
	for _, step := range respaced {
		sigmas, alphas, before = append(sigmas, step.Sigma), append(alphas, step.Alpha), append(before, step.AlphaPrev)
	}
	c.Numbers(name, sigmas, c.g.Doubles(name), golden.Absolute(scheduleTolerance))
	if prefix := fmt.Sprintf("expected.ldm.%s.%d.", m[1], steps); eta == 0 {
		c.Numbers(prefix+"alphas_f64", alphas, c.g.Doubles(prefix+"alphas_f64"), golden.Absolute(scheduleTolerance))
		c.Numbers(prefix+"alphas_prev_f64", before, c.g.Doubles(prefix+"alphas_prev_f64"), golden.Absolute(scheduleTolerance))
	}
}

// walk returns the states behind each move from the folder's x, and the clean latents that were predicted.
func (c *schedulerCheck) walk(s diffusion.Schedule, scheduler diffusion.Scheduler, steps int) (states, clean [][]float32) {
	moves := must[[]diffusion.Move](c.Check)(scheduler.Moves(s, steps))
	noise, dims := c.g.Floats("inputs.steps_noise")
	size := len(noise) / dims[0]
	last, err := c.walker.Walk(c.Context, moves, c.g.Tensor("inputs.x"), diffusion.Walk{
		Estimate: func(z *tensors.Tensor, t int) (*tensors.Tensor, error) {
			return c.estimate.Call1(nil, z, float32(math.Sin(float64(t))))
		},
		Noise: func(move int) *tensors.Tensor {
			data, shape := golden.NHWC(noise[move*size:(move+1)*size], dims[1:])
			return tensors.FromFlatDataAndDimensions(data, shape...)
		},
		Each: func(_ int, next, x0 *tensors.Tensor) error {
			states, clean = append(states, Values(c, next)), append(clean, Values(c, x0))
			return nil
		},
	})
	if err != nil {
		c.Fatal(err)
	}
	nn.Free(last)
	return states, clean
}

// compareStates compares the last states with golden ones, [states, batch, channels, height, width].
func (c *schedulerCheck) compareStates(name string, got [][]float32) {
	data, dims := c.g.Floats(name)
	if len(got) < dims[0] {
		c.Errorf("%s: %d states, want %d", name, len(got), dims[0])
		return
	}
	var want []float32
	for state := range slices.Chunk(data, len(data)/dims[0]) {
		nhwc, _ := golden.NHWC(state, dims[1:])
		want = append(want, nhwc...)
	}
	c.Near(name, slices.Concat(got[len(got)-dims[0]:]...), want, schedulerTolerance)
}

// checkSingleSteps checks noising, and the clean latents that a noise estimate implies.
func (c *schedulerCheck) checkSingleSteps() {
	program := nn.NewProgram(c.Backend, "single steps", func(_ []nn.Scope, a []*Node) []*Node {
		return []*Node{diffusion.AddNoise(a[0], a[2], a[1]), diffusion.PredictX0(a[0], a[1], Reshape(Slice(a[2], AxisElem(0))))}
	})
	x, noise := c.g.Tensor("inputs.x"), c.g.Tensor("inputs.noise")
	alphas := func(timesteps ...int32) *tensors.Tensor {
		var values []float32
		for _, t := range timesteps {
			values = append(values, float32(c.sd.AlphasCumprod[t]))
		}
		return tensors.FromFlatDataAndDimensions(values, len(values), 1, 1, 1)
	}
	c.Tensor(c.Call(program, nil, x, noise, alphas(c.g.Ints("inputs.add_noise_t")...))[0], c.g, "expected.add_noise", schedulerTolerance)
	for _, name := range c.g.Names() {
		if digits, found := strings.CutPrefix(name, "expected.pred_x0."); found {
			c.Tensor(c.Call(program, nil, x, noise, alphas(int32(whole(c.Check, digits))))[1], c.g, name, schedulerTolerance)
		}
	}
}

func (c *schedulerCheck) number(text string) float64 {
	return must[float64](c.Check)(strconv.ParseFloat(text, 64))
}

func singles(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}
