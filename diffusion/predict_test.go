package diffusion

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// echo is a network that estimates its condition.
type echo struct{}

func (echo) Eps(_ nn.Scope, _, _, cond *Node) *Node { return cond }

// TestPredictingTurnsEstimatesIntoNoise makes noisy latents of known noise and lets the network estimate what it was
// trained for exactly: the noise must come back.
func TestPredictingTurnsEstimatesIntoNoise(t *testing.T) {
	s, err := NewSchedule(stableDiffusion)
	if err != nil {
		t.Fatal(err)
	}
	clean, noise := []float64{0.5, -2, 1}, []float64{1, 0.25, -0.75}
	timesteps := []int32{1, 500, 999}
	for _, prediction := range []string{"", PredictsNoise, PredictsVelocity, PredictsLatent} {
		d, err := Predicting(echo{}, prediction, s)
		if err != nil {
			t.Fatal(err)
		}
		var z, estimate, want []float32
		for i, at := range timesteps {
			signal, deviation := math.Sqrt(s.AlphasCumprod[at]), math.Sqrt(1-s.AlphasCumprod[at])
			z = append(z, float32(signal*clean[i]+deviation*noise[i]))
			want = append(want, float32(noise[i]))
			switch prediction {
			case PredictsVelocity:
				estimate = append(estimate, float32(signal*noise[i]-deviation*clean[i]))
			case PredictsLatent:
				estimate = append(estimate, float32(clean[i]))
			default:
				estimate = append(estimate, float32(noise[i]))
			}
		}
		tensor := func(values []float32) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(values, 3, 1, 1, 1) }
		out, err := nn.NewProgram(golden.Backend(t), "predict", func(_ []nn.Scope, a []*Node) []*Node {
			return []*Node{d.Eps(nn.Scope{}, a[0], a[1], a[2])}
		}).Call1(nil, tensor(z), timesteps, tensor(estimate))
		if err != nil {
			t.Fatal(err)
		}
		golden.Near(t, "noise of "+prediction, floats(t, out), want, 2e-6)
	}
	if _, err := Predicting(echo{}, "score", s); err == nil || !strings.Contains(err.Error(), "v_prediction") {
		t.Errorf("unknown prediction: error %v", err)
	}
}
