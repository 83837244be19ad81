package diffusion

import (
	"math"
	"strings"
	"testing"
)

var stableDiffusion = ScheduleConfig{BetaSchedule: "scaled_linear", BetaStart: 0.00085, BetaEnd: 0.012, Steps: 1000}

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
