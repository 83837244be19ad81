package diffusion

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
)

// trajectory walks from the golden file's x, with the estimate f(x, t) = 0.1 x + sin(t) of a network that was trained
// as prediction says, and returns the states behind each move.
func trajectory(t *testing.T, walker *Walker, g *golden.File, s Schedule, prediction string, moves []Move) [][]float32 {
	t.Helper()
	x := g.Tensor("inputs.x")
	noises, dims := g.Floats("inputs.steps_noise")
	size := len(noises) / dims[0]
	var states [][]float32
	_, err := walker.Walk(context.Background(), moves, x, Walk{
		Estimate: func(z *tensors.Tensor, at int) (*tensors.Tensor, error) {
			values := floats(t, z)
			alpha := s.AlphasCumprod[at]
			for i, v := range values {
				f := 0.1*float64(v) + math.Sin(float64(at))
				switch prediction {
				case PredictsVelocity:
					f = math.Sqrt(alpha)*f + math.Sqrt(1-alpha)*float64(v)
				case PredictsLatent:
					f = (float64(v) - math.Sqrt(alpha)*f) / math.Sqrt(1-alpha)
				}
				values[i] = float32(f)
			}
			return tensors.FromFlatDataAndDimensions(values, z.Shape().Dimensions...), nil
		},
		Noise: func(move int) *tensors.Tensor {
			data, shape := golden.NHWC(noises[move*size:(move+1)*size], dims[1:])
			return tensors.FromFlatDataAndDimensions(data, shape...)
		},
		Each: func(_ int, next, _ *tensors.Tensor) error {
			states = append(states, floats(t, next))
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return states
}

// states reads a golden trajectory [states, batch, channels, height, width] as NHWC.
func states(g *golden.File, name string) [][]float32 {
	data, dims := g.Floats(name)
	var out [][]float32
	for state := range slices.Chunk(data, len(data)/dims[0]) {
		nhwc, _ := golden.NHWC(state, dims[1:])
		out = append(out, nhwc)
	}
	return out
}

// sameWay compares the last states of a walk with a golden trajectory, by multiples of its root mean square.
func sameWay(t *testing.T, g *golden.File, name string, got [][]float32, tolerance float64) {
	t.Helper()
	want := states(g, name)
	if len(want) > 1 && len(want) != len(got) {
		t.Fatalf("%s: %d states, want %d", name, len(got), len(want))
	}
	got = got[len(got)-len(want):]
	for i := range want {
		if d := golden.Compare(got[i], want[i], golden.RMS(tolerance)); !d.Pass {
			t.Errorf("%s, state %d: %v", name, i, d)
		}
	}
}

func timestepsOf(moves []Move) []int32 {
	out := make([]int32, len(moves))
	for i, m := range moves {
		out[i] = int32(m.T)
	}
	return out
}

// looser are tolerances where diffusers' float32 tables tell: the cosine schedule's alphas_cumprod is 2e-9 at its end,
// and an estimate of the clean latent is divided by 0.04 to become one of the noise.
var looser = map[string]float64{"dpm_cosine": 3e-5, "ddim_sample": 2e-4}

func TestSchedulersAgreeWithDiffusers(t *testing.T) {
	g := golden.Open(t, "testdata/schedulers_small.safetensors")
	var settings map[string]json.RawMessage
	golden.JSON(t, "testdata/schedulers_small.json", &settings)
	walker := NewWalker(golden.Backend(t))
	for name, raw := range settings {
		config, err := ParseScheduler(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s, err := NewSchedule(config.ScheduleConfig)
		if err != nil {
			t.Fatal(err)
		}
		if betas := "expected." + name + ".betas"; g.Has(betas) {
			want, _ := g.Floats(betas)
			for i, b := range want {
				if math.Abs(float64(b)-s.Betas[i]) > 1e-6 {
					t.Fatalf("%s[%d] is %g, want %g", betas, i, s.Betas[i], b)
				}
			}
		}
		scheduler, err := config.Scheduler()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name == "ddim_eta" {
			ddim := scheduler.(DDIM)
			ddim.Eta = 1
			scheduler = ddim
		}
		for _, steps := range []int{6, 20} {
			prefix := "expected." + name + "."
			if !g.Has(fmt.Sprintf("%strajectory_%d", prefix, steps)) {
				continue
			}
			moves, err := scheduler.Moves(s, steps)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if want := g.Ints(fmt.Sprintf("%stimesteps_%d", prefix, steps)); !slices.Equal(timestepsOf(moves), want) {
				t.Errorf("%s: timesteps are %v, want %v", name, timestepsOf(moves), want)
				continue
			}
			sameWay(t, g, fmt.Sprintf("%strajectory_%d", prefix, steps), trajectory(t, walker, g, s, config.PredictionType, moves), cmp.Or(looser[name], 1e-5))
		}
	}
}

func TestWalkStopsAndFails(t *testing.T) {
	s, err := NewSchedule(stableDiffusion)
	if err != nil {
		t.Fatal(err)
	}
	moves, err := DDPM{}.Moves(s, 5)
	if err != nil {
		t.Fatal(err)
	}
	z := tensors.FromFlatDataAndDimensions([]float32{1, 2}, 1, 1, 1, 2)
	calls := 0
	ctx, cancel := context.WithCancel(context.Background())
	walk := Walk{
		Estimate: func(z *tensors.Tensor, _ int) (*tensors.Tensor, error) {
			if calls++; calls == 2 {
				cancel()
			}
			return z.LocalClone()
		},
		Noise: func(int) *tensors.Tensor { return tensors.FromFlatDataAndDimensions([]float32{0, 0}, 1, 1, 1, 2) },
	}
	walker := NewWalker(golden.Backend(t))
	if _, err := walker.Walk(ctx, moves, z, walk); !errors.Is(err, context.Canceled) || calls != 2 || !strings.Contains(err.Error(), "3 of 5") {
		t.Errorf("stopped in step 2: %d estimates, error %v", calls, err)
	}
	golden.Near(t, "the start", floats(t, z), []float32{1, 2}, 0) // still the caller's
	walk.Noise = nil
	if _, err := walker.Walk(context.Background(), moves, z, walk); err == nil || !strings.Contains(err.Error(), "noise") {
		t.Errorf("no noise where some is needed: error %v", err)
	}
}

func TestSchedulersRefuseWhatTheyCannotDo(t *testing.T) {
	s, err := NewSchedule(stableDiffusion)
	if err != nil {
		t.Fatal(err)
	}
	for word, try := range map[string]func() error{
		"0 steps":           func() error { _, err := DDIM{}.Moves(s, 0); return err },
		"1001 steps":        func() error { _, err := DDPM{}.Moves(s, 1001); return err },
		"past the schedule": func() error { _, err := PLMS{}.Moves(s, 1000); return err },
		"eta is 2":          func() error { _, err := DDIM{Eta: 2}.Moves(s, 10); return err },
		"order 3":           func() error { _, err := DPMSolver{Order: 3}.Moves(s, 10); return err },
		"LDM spacing":       func() error { _, err := DPMSolver{Spacing: LDM}.Moves(s, 10); return err },
		"timestep_spacing":  func() error { _, err := DDIM{Spacing: "random"}.Moves(s, 10); return err },
		"beta_schedule":     func() error { _, err := ParseScheduler([]byte(`{"beta_schedule": "sigmoid"}`)); return err },
		"prediction_type":   func() error { _, err := ParseScheduler([]byte(`{"prediction_type": "score"}`)); return err },
		"rescale_betas":     func() error { _, err := ParseScheduler([]byte(`{"rescale_betas_zero_snr": true}`)); return err },
		"sde-dpmsolver++":   func() error { _, err := ParseScheduler([]byte(`{"algorithm_type": "sde-dpmsolver++"}`)); return err },
		"EulerDiscrete":     func() error { return sampler(`{"_class_name": "EulerDiscreteScheduler"}`) },
		"clip_sample":       func() error { return sampler(`{"_class_name": "DDIMScheduler"}`) },
		"skip_prk_steps":    func() error { return sampler(`{"_class_name": "PNDMScheduler"}`) },
		"variance_type":     func() error { return sampler(`{"_class_name": "DDPMScheduler", "variance_type": "learned"}`) },
		"final_sigmas_type": func() error {
			return sampler(`{"_class_name": "DPMSolverMultistepScheduler", "final_sigmas_type": "x"}`)
		},
		"scheduler configura": func() error { _, err := ParseScheduler([]byte(`[]`)); return err },
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}

func sampler(raw string) error {
	c, err := ParseScheduler([]byte(raw))
	if err != nil {
		return fmt.Errorf("parsing failed already: %w", err)
	}
	_, err = c.Scheduler()
	return err
}

func TestInfinityInPublishedSchedulers(t *testing.T) {
	c, err := ParseScheduler([]byte(`{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "solver_order": 2}`))
	if err != nil || c.SolverOrder != 2 {
		t.Errorf("read %+v, error %v", c, err)
	}
}
