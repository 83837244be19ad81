package diffusion

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/internal/golden"
	"otherwise/nn"
)

const goldens = "../testdata/golden"

var (
	stableDiffusion = ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.00085, BetaEnd: 0.012, Steps: 1000}
	latentDiffusion = ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.0015, BetaEnd: 0.0195, Steps: 1000}
)

func doublesNear(t *testing.T, name string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	for i := range got {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Fatalf("%s[%d] = %.15g, want %.15g", name, i, got[i], want[i])
		}
	}
}

func TestSchedulesAgreeWithReference(t *testing.T) {
	g := golden.Open(t, goldens+"/schedule.safetensors")
	for name, config := range map[string]ScheduleConfig{"sd": stableDiffusion, "cin": latentDiffusion} {
		s, err := NewSchedule(config)
		if err != nil {
			t.Fatal(err)
		}
		doublesNear(t, name+".betas", s.Betas, g.Doubles(name+".betas"))
		doublesNear(t, name+".alphas_cumprod", s.AlphasCumprod, g.Doubles(name+".alphas_cumprod"))
		for _, steps := range []int{20, 50, 500} {
			for _, eta := range []float64{0, 0.5, 1} {
				respaced, err := s.DDIMSteps(steps, eta)
				if err != nil {
					t.Fatal(err)
				}
				var a, previous, sigma []float64
				for i, step := range respaced {
					if want := g.Ints(fmt.Sprintf("%s.ddim%d.t", name, steps))[i]; step.T != int(want) {
						t.Fatalf("%s: step %d of %d is at t = %d, want %d", name, i, steps, step.T, want)
					}
					a, previous, sigma = append(a, step.Alpha), append(previous, step.AlphaPrev), append(sigma, step.Sigma)
				}
				prefix := fmt.Sprintf("%s.ddim%d.", name, steps)
				doublesNear(t, prefix+"a", a, g.Doubles(prefix+"a"))
				doublesNear(t, prefix+"a_prev", previous, g.Doubles(prefix+"a_prev"))
				doublesNear(t, prefix+"sigma", sigma, g.Doubles(fmt.Sprintf("%ssigma_eta%.1f", prefix, eta)))
			}
		}
	}
}

func TestDDIMStepsAgreeWithReference(t *testing.T) {
	g := golden.Open(t, goldens+"/schedule.safetensors")
	s, err := NewSchedule(stableDiffusion)
	if err != nil {
		t.Fatal(err)
	}
	program := nn.NewProgram(golden.Backend(t), "step", func(_ []nn.Scope, a []*Node) []*Node {
		prev, x0 := DDIMStep(a[0], a[1], a[2], a[3], a[4], a[5])
		return []*Node{prev, x0, AddNoise(a[0], a[2], a[5])}
	})
	for _, eta := range []float64{0, 0.5, 1} {
		steps, err := s.DDIMSteps(20, eta)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 1, 10, 19} {
			out, err := program.Call(nil, g.Tensor("step.z"), g.Tensor("step.eps"), float32(steps[i].Alpha),
				float32(steps[i].AlphaPrev), float32(steps[i].Sigma), g.Tensor("step.noise"))
			if err != nil {
				t.Fatal(err)
			}
			g.Close(out[0], fmt.Sprintf("step.out_eta%.1f_i%d", eta, i), 1e-5)
			g.Close(out[1], fmt.Sprintf("step.x0_i%d", i), 1e-5)
			g.Close(out[2], fmt.Sprintf("step.q_i%d", i), 1e-5)
		}
	}
}

func TestLinearSchedule(t *testing.T) {
	s, err := NewSchedule(ScheduleConfig{BetaSchedule: "linear", BetaStart: 0.1, BetaEnd: 0.3, Steps: 3})
	if err != nil {
		t.Fatal(err)
	}
	doublesNear(t, "betas", s.Betas, []float64{0.1, 0.2, 0.3})
	doublesNear(t, "alphas_cumprod", s.AlphasCumprod, []float64{0.9, 0.72, 0.504})
}

func TestBadSchedules(t *testing.T) {
	good := stableDiffusion
	for name, change := range map[string]func(*ScheduleConfig){
		"beta_schedule":       func(c *ScheduleConfig) { c.BetaSchedule = "cubic" },
		"num_train_timesteps": func(c *ScheduleConfig) { c.Steps = 0 },
		"beta_start":          func(c *ScheduleConfig) { c.BetaStart = math.NaN() },
		"beta_end":            func(c *ScheduleConfig) { c.BetaEnd = 1 },
	} {
		c := good
		change(&c)
		if _, err := NewSchedule(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got error %v", name, err)
		}
	}
	s, err := NewSchedule(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DDIMSteps(375, 0); err == nil || !strings.Contains(err.Error(), "[250 500]") {
		t.Errorf("375 steps: got error %v, want the neighbours 250 and 500", err)
	}
	for _, eta := range []float64{-1, 2, math.NaN()} {
		if _, err := s.DDIMSteps(50, eta); err == nil {
			t.Errorf("eta %g was accepted", eta)
		}
	}
	if _, err := s.DDIMSteps(1000, 0); err == nil {
		t.Error("1000 of 1000 steps were accepted, though the shift by one needs room")
	}
}
