package diffusion_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"otherwise/diffusion"
	"otherwise/internal/golden"
)

// The reference's tables are float64; its tolerance is 1e-9.
func TestAncestralChainsAgreeWithReference(t *testing.T) {
	g := golden.Open(t, "../testdata/golden/bl_schedule.safetensors")
	chains := 0
	for _, name := range g.Names() {
		schedule, steps, ok := strings.Cut(strings.TrimSuffix(name, ".ab"), ".")
		n, err := strconv.Atoi(steps)
		if !ok || err != nil || !strings.HasSuffix(name, ".ab") {
			continue
		}
		chains++
		chain, err := diffusion.Schedule{AlphasCumprod: g.Doubles(schedule + ".alphas_cumprod")}.AncestralSteps(n)
		if err != nil {
			t.Fatal(err)
		}
		timesteps := g.Ints(strings.TrimSuffix(name, "ab") + "t")
		if len(timesteps) != len(chain) {
			t.Fatalf("%s: %d steps, want %d", name, len(chain), len(timesteps))
		}
		for i, s := range chain {
			if s.T != int(timesteps[i]) {
				t.Errorf("%s: step %d is timestep %d, want %d", name, i, s.T, timesteps[i])
			}
		}
		for field, got := range map[string]func(diffusion.AncestralStep) float64{
			"ab":      func(s diffusion.AncestralStep) float64 { return s.Alpha },
			"ab_prev": func(s diffusion.AncestralStep) float64 { return s.AlphaPrev },
			"beta":    func(s diffusion.AncestralStep) float64 { return s.Beta },
			"var":     func(s diffusion.AncestralStep) float64 { return s.Variance },
			"c0":      func(s diffusion.AncestralStep) float64 { return s.CleanWeight },
			"ct":      func(s diffusion.AncestralStep) float64 { return s.LatentWeight },
		} {
			for i, want := range g.Doubles(strings.TrimSuffix(name, "ab") + field) {
				if math.Abs(got(chain[i])-want) > 1e-9 {
					t.Errorf("%s, %s of step %d: %g, want %g", name, field, i, got(chain[i]), want)
				}
			}
		}
	}
	if chains < 10 {
		t.Errorf("%d chains compared, the file holds ten", chains)
	}
}

func TestAncestralChainOfImpossibleLength(t *testing.T) {
	s := diffusion.Schedule{AlphasCumprod: make([]float64, 10)}
	for _, n := range []int{-1, 0, 1, 11} {
		if _, err := s.AncestralSteps(n); err == nil || !strings.Contains(err.Error(), "2 to 10") {
			t.Errorf("%d steps: error %v", n, err)
		}
	}
}
