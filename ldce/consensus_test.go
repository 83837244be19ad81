package ldce

import (
	"fmt"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// filterOnce runs the consensus filter on tensors [batch, height, width, channels].
func filterOnce(t *testing.T, score, reference *tensors.Tensor, gamma float64, patch int, overwrite float64, cone bool) (filtered, keep *tensors.Tensor) {
	t.Helper()
	p := nn.NewProgram(golden.Backend(t), "consensus", func(_ []nn.Scope, a []*Node) []*Node {
		f, k := consensus(a[0], a[1], a[2], patch, overwrite, cone)
		return []*Node{f, k}
	})
	out, err := p.Call(nil, score, reference, cosDegrees(gamma))
	if err != nil {
		t.Fatal(err)
	}
	return out[0], out[1]
}

func values(t *testing.T, x *tensors.Tensor) []float32 {
	t.Helper()
	v, err := tensors.CopyFlatData[float32](x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestConsensusAgreesWithReference(t *testing.T) {
	var about struct {
		AlphaBar  float64   `json:"alpha_bar"`
		Gammas    []float64 `json:"gammas"`
		Patches   []int     `json:"patches"`
		Tolerance float64   `json:"tolerance"`
	}
	golden.JSON(t, goldens+"/ldce_consensus.json", &about)
	g := golden.Open(t, goldens+"/ldce_consensus.safetensors")
	minus := func(a, b *tensors.Tensor, factor float32) *tensors.Tensor {
		x, y := values(t, a), values(t, b)
		for i := range x {
			x[i] = factor * (x[i] - y[i])
		}
		return tensors.FromFlatDataAndDimensions(x, a.Shape().Dimensions...)
	}
	gradient := g.Tensor("grad_log_prob")
	score := minus(gradient, tensors.FromShape(gradient.Shape()), float32(-math.Sqrt(1-about.AlphaBar)))
	direction := minus(g.Tensor("eps_c"), g.Tensor("eps_uc"), 1)
	for _, gamma := range about.Gammas {
		for _, patch := range about.Patches {
			_, keep := filterOnce(t, score, direction, gamma, patch, 0, false)
			want := g.Bytes(fmt.Sprintf("mask_g%g_p%d", gamma, patch))
			for i, v := range values(t, keep) {
				if byte(v) != want[i] {
					t.Errorf("gamma %g, patch %d: location %d is %g, reference %d", gamma, patch, i, v, want[i])
				}
			}
		}
	}
	overwritten, _ := filterOnce(t, score, direction, 45, 1, 0.5, false)
	g.Close(overwritten, "overwrite0.5_g45", about.Tolerance)

	// The reference has NaN where a vector is zero; here such a location is kept as it is.
	turned, _ := filterOnce(t, score, direction, 45, 1, 0, true)
	got, want := values(t, turned), values(t, g.Tensor("cone45"))
	for i, w := range want {
		if !math.IsNaN(float64(w)) && math.Abs(float64(got[i]-w)) > about.Tolerance*max(1, math.Abs(float64(w))) {
			t.Fatalf("cone, entry %d: got %g, reference %g", i, got[i], w)
		}
	}
	if slices.ContainsFunc(got, func(v float32) bool { return v != v }) {
		t.Error("the cone projection gives NaN")
	}
}

// A filtered patch is turned by gamma towards the direction, and a patch within gamma isn't touched.
func TestConeTurnsByGamma(t *testing.T) {
	score := tensors.FromFlatDataAndDimensions([]float32{1, 0, 0, 0, 0, 3, 0, 0.1}, 1, 1, 2, 4)
	direction := tensors.FromFlatDataAndDimensions([]float32{-0.2, 1, 0, 0, 0, 1, 0, 0}, 1, 1, 2, 4)
	filtered, keep := filterOnce(t, score, direction, 60, 1, 0, true)
	if got := values(t, keep); !slices.Equal(got, []float32{0, 1}) {
		t.Fatalf("kept %v", got)
	}
	v := values(t, filtered)
	if got := math.Atan2(float64(v[1]), float64(v[0])) * 180 / math.Pi; math.Abs(got-60) > 1e-3 {
		t.Errorf("turned by %g degrees, want 60", got)
	}
	if !slices.Equal(v[4:], []float32{0, 3, 0, 0.1}) {
		t.Errorf("a kept location was changed: %v", v[4:])
	}
}

func TestConsensusAtTheThreshold(t *testing.T) {
	var about struct {
		Cases []struct {
			Score     []float32 `json:"score"`
			Direction []float32 `json:"eps_difference"`
			Gamma     float64   `json:"gamma"`
			Keep      bool      `json:"keep"`
			Rounding  bool      `json:"decided_by_rounding"`
		} `json:"cases"`
	}
	golden.JSON(t, goldens+"/ldce_consensus_cases.json", &about)
	for i, c := range about.Cases {
		if c.Rounding {
			continue // either answer is right
		}
		_, keep := filterOnce(t, tensors.FromFlatDataAndDimensions(c.Score, 1, 1, 1, 4),
			tensors.FromFlatDataAndDimensions(c.Direction, 1, 1, 1, 4), c.Gamma, 1, 0, false)
		if got := values(t, keep)[0] == 1; got != c.Keep {
			t.Errorf("case %d (score %v, direction %v, gamma %g): kept %v, reference %v", i, c.Score, c.Direction, c.Gamma, got, c.Keep)
		}
	}
}
