package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// AncestralStep is one denoising step of a respaced ancestral (DDPM) chain, in the convention of guided diffusion, which
// pixel-space counterfactual methods share. It is not the spacing of [Schedule.DDIMSteps].
type AncestralStep struct {
	Index     int     // position in the chain, 0 is the last step taken
	T         int     // timestep given to the denoiser
	Alpha     float64 // alphas_cumprod at T
	AlphaPrev float64 // alphas_cumprod at the level the step ends on; 1 at index 0
	Beta      float64 // of the respaced chain: 1 - Alpha/AlphaPrev
	// Variance is the posterior's, called "fixed small"; 0 at index 0.
	Variance float64
	// CleanWeight and LatentWeight give the posterior's mean: CleanWeight x0 + LatentWeight z; 1 and 0 at index 0.
	CleanWeight, LatentWeight float64
}

// AncestralSteps respaces a schedule to the given number of timesteps, both ends among them, ascending: halves are rounded to
// even. Source: Ho et al., 2020, Eq. 6 and 7; public code of guided diffusion (space_timesteps); SPEC-BASELINES section 0.
func (s Schedule) AncestralSteps(steps int) ([]AncestralStep, error) {
	total := len(s.AlphasCumprod)
	if steps < 2 || steps > total {
		return nil, fmt.Errorf("ancestral chain: %d steps of a schedule of %d timesteps; legal is 2 to %d", steps, total, total)
	}
	stride := float64(total-1) / float64(steps-1)
	out := make([]AncestralStep, steps)
	at := 0.0 // summed up rather than multiplied, as the public code has it
	for i := range out {
		st := AncestralStep{Index: i, T: int(math.RoundToEven(at)), AlphaPrev: 1}
		st.Alpha = s.AlphasCumprod[st.T]
		if i > 0 {
			st.AlphaPrev = out[i-1].Alpha
		}
		st.Beta = 1 - st.Alpha/st.AlphaPrev
		st.Variance = st.Beta * (1 - st.AlphaPrev) / (1 - st.Alpha)
		st.CleanWeight = st.Beta * math.Sqrt(st.AlphaPrev) / (1 - st.Alpha)
		st.LatentWeight = (1 - st.AlphaPrev) * math.Sqrt(1-st.Beta) / (1 - st.Alpha)
		out[i] = st
		at += stride
	}
	return out, nil
}

// Args are the step's numbers as a compiled program takes them; [AncestralArgs] reads them in its graph.
func (s AncestralStep) Args() []any {
	return []any{int32(s.T), float32(s.Alpha), float32(s.CleanWeight), float32(s.LatentWeight), float32(s.Variance)}
}

// AncestralNodes are a step's numbers in a graph, scalars.
type AncestralNodes struct {
	T, Alpha, CleanWeight, LatentWeight, Variance *Node
}

// AncestralArgs reads the arguments of [AncestralStep.Args] and returns those that follow.
func AncestralArgs(args []*Node) (AncestralNodes, []*Node) {
	return AncestralNodes{T: args[0], Alpha: args[1], CleanWeight: args[2], LatentWeight: args[3], Variance: args[4]}, args[5:]
}

// Mean returns the mean of the step from latent z with noise estimate eps, and the clean latent that the estimate implies.
func (n AncestralNodes) Mean(z, eps *Node) (mean, x0 *Node) {
	x0 = PredictX0(z, eps, n.Alpha)
	return Add(Mul(n.CleanWeight, x0), Mul(n.LatentWeight, z)), x0
}

// AddStepNoise returns the state behind a step of that mean: noise is standard normal; at index 0 it has no effect.
func (n AncestralNodes) AddStepNoise(mean, noise *Node) *Node {
	return Add(mean, Mul(Sqrt(n.Variance), noise))
}
