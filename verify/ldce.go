package verify

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/ldce"
	"otherwise/nn"
)

// ldceParts check LDCE: its consensus filter, single guided steps, whole trajectories.
var ldceParts = []Part{
	{Files: "ldce_consensus.safetensors", Run: checkConsensus},
	{Files: "ldce_consensus_cases.json", Run: checkConsensusCases},
	{Files: "ldce_step.safetensors", Also: toyFiles, Run: checkGuidedStep},
	{Files: "ldce_traj_*.safetensors", Also: toyFiles, Run: checkTrajectory},
}

// nearThreshold is the angle in degrees to the threshold below which rounding may decide. It is that of the reference
// data's README, and bounds the error of angles too.
const nearThreshold = 1e-2

var maskName = regexp.MustCompile(`^mask_g([\d.]+)_p(\d+)$`)

func checkConsensus(c *Check) {
	var about struct {
		Alpha     float64 `json:"alpha_bar"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	g := c.Golden()
	inputs := []any{g.Tensor("eps_c"), g.Tensor("eps_uc"), g.Tensor("grad_log_prob"), float32(about.Alpha)}
	// vectors gives the classifier's score and the direction towards the class.
	vectors := func(a []*Node) (score, direction *Node) {
		return Neg(Mul(Sqrt(OneMinus(a[3])), a[2])), Sub(a[0], a[1])
	}
	for _, name := range g.Names() {
		parts := maskName.FindStringSubmatch(name)
		if parts == nil {
			continue
		}
		gamma, patch := decimal(c, parts[1]), whole(c, parts[2])
		out := c.Call(c.Program(func(_ []nn.Scope, a []*Node) []*Node {
			score, direction := vectors(a)
			keep := ldce.Consensus(score, direction, a[4], patch)
			guidance := diffusion.MatchNorm(ldce.Filter(score, keep, ZerosLike(score)), direction)
			return []*Node{keep, guidance, ldce.Cosines(score, direction, patch)}
		}), nil, append(slices.Clone(inputs), ldce.CosDegrees(gamma))...)
		angles, _ := g.Floats(fmt.Sprintf("angle_deg_p%d", patch))
		c.Add(name, compareMask(Values(c, out[0]), g.Bytes(name), angles, gamma))
		if guidance := "guidance_g" + parts[1]; patch == 1 && g.Has(guidance) {
			c.Tensor(out[1], g, guidance, golden.Absolute(about.Tolerance))
		}
		if gamma == 90 {
			c.Near(fmt.Sprintf("angle_deg_p%d", patch), degrees(Values(c, out[2])), angles, golden.Absolute(nearThreshold))
		}
	}
	out := c.Call(c.Program(func(_ []nn.Scope, a []*Node) []*Node {
		score, direction := vectors(a)
		keep := ldce.Consensus(score, direction, a[4], 1)
		return []*Node{ldce.Filter(score, keep, ldce.Cone(score, direction, a[4], 1)), ldce.Filter(score, keep, MulScalar(OnesLike(score), 0.5))}
	}), nil, append(inputs, ldce.CosDegrees(45))...)
	// The reference makes NaN of a zero vector, which is kept here as it is.
	cone, want := Values(c, out[0]), Values(c, g.Tensor("cone45"))
	for i, w := range want {
		if math.IsNaN(float64(w)) {
			cone[i] = w
		}
	}
	c.Near("cone45", cone, want, golden.Absolute(about.Tolerance))
	c.Tensor(out[1], g, "overwrite0.5_g45", golden.Absolute(about.Tolerance))
}

// compareMask compares masks but for locations whose angle is so near to the threshold that rounding decides.
func compareMask(got []float32, want []byte, angles []float32, gamma float64) golden.Difference {
	var a, b []byte
	for i, v := range got {
		if i < len(want) && math.Abs(float64(angles[i])-gamma) < nearThreshold {
			continue
		}
		a = append(a, byte(v))
		if i < len(want) {
			b = append(b, want[i])
		}
	}
	return golden.Compare(a, b, golden.Exact())
}

// degrees are the angles of cosines.
func degrees(cosines []float32) []float32 {
	out := make([]float32, len(cosines))
	for i, v := range cosines {
		out[i] = float32(math.Acos(float64(v)) * 180 / math.Pi)
	}
	return out
}

// checkConsensusCases checks single patches at and around the threshold.
func checkConsensusCases(c *Check) {
	var about struct {
		Cases []struct {
			Score     []float32 `json:"score"`
			Direction []float32 `json:"eps_difference"`
			Gamma     float64   `json:"gamma"`
			Keep      bool      `json:"keep"`
			Rounding  bool      `json:"decided_by_rounding"`
		} `json:"cases"`
	}
	c.JSON(c.File, &about)
	program := c.Program(func(_ []nn.Scope, a []*Node) []*Node { return []*Node{ldce.Consensus(a[0], a[1], a[2], 1)} })
	vector := func(v []float32) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(v, 1, 1, 1, len(v)) }
	for i, k := range about.Cases {
		if k.Rounding {
			continue // either answer is right
		}
		out := c.Call(program, nil, vector(k.Score), vector(k.Direction), ldce.CosDegrees(k.Gamma))
		c.True(fmt.Sprintf("case %d: %v and %v at %g degrees", i, k.Score, k.Direction, k.Gamma), (Values(c, out[0])[0] == 1) == k.Keep)
	}
}

// decimal reads a number in a tensor's name.
func decimal(c *Check, digits string) float64 {
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		c.Fatal(err)
	}
	return v
}
