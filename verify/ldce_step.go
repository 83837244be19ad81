package verify

import (
	"maps"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/ldce"
	"otherwise/nn"
)

// ldceSettings are a golden run's parameters, under the names of the reference.
type ldceSettings struct {
	EtaG      float64  `json:"eta_g"`
	LambdaC   float64  `json:"lam_c"`
	LambdaD   float64  `json:"lam_d"`
	Gamma     float64  `json:"gamma"`
	P         int      `json:"lp"`
	Consensus *bool    `json:"consensus"`
	SameNorm  *bool    `json:"same_norm"`
	Through   *bool    `json:"through_unet"`
	Patch     int      `json:"patch"`
	Overwrite float64  `json:"overwrite"`
	VQ        bool     `json:"vq"`
	Binary    bool     `json:"binary"`
	Margin    *float64 `json:"margin_deg"` // how near the nearest angle is to gamma
}

func (s ldceSettings) options() ldce.Options {
	off := func(on *bool) bool { return on != nil && !*on }
	return ldce.Options{GuidanceScale: &s.EtaG, LambdaC: &s.LambdaC, LambdaD: &s.LambdaD, Gamma: &s.Gamma, Patch: s.Patch,
		Overwrite: s.Overwrite, Distance: map[int]string{1: "l1", 2: "l2"}[s.P], NoConsensus: off(s.Consensus),
		NoNormMatching: off(s.SameNorm), DetachDenoiser: off(s.Through), TraceFrames: -1}
}

// decided reports whether no location of the run is so near to the threshold that rounding decides.
func (s ldceSettings) decided() bool { return s.Margin == nil || *s.Margin > nearThreshold }

// checkGuidedStep checks one guided step with its intermediates, in many settings.
func checkGuidedStep(c *Check) {
	var about struct {
		T         int32                   `json:"t"`
		Alpha     float64                 `json:"alpha_bar"`
		AlphaPrev float64                 `json:"alpha_bar_prev"`
		Variants  map[string]ldceSettings `json:"variants"`
		Tolerance float64                 `json:"tolerance"`
	}
	c.About(&about)
	g := c.Golden()
	for _, name := range slices.Sorted(maps.Keys(about.Variants)) {
		s := about.Variants[name]
		m := c.toyModels(toy.Options{VQ: s.VQ, Binary: s.Binary})
		o, err := s.options().WithDefaults()
		if err != nil {
			c.Fatal(err)
		}
		y := "y"
		if s.Binary {
			y = "y_bin"
		}
		var names []string
		out := c.Call(nn.NewProgram(c.Backend, "guided step "+name, func(nets []nn.Scope, a []*Node) []*Node {
			in := ldce.Inputs{T: a[1], Alpha: a[2], Unconditional: a[3], Conditional: a[4], Target: a[5], Picture: a[6],
				Guidance: a[7], LambdaC: a[8], LambdaD: a[9], CosGamma: a[10]}
			e := ldce.GuidedEps(m, o, counterfactual.BindNets(nets), a[0], in)
			previous, _ := diffusion.DDIMStep(a[0], e.Eps, in.Alpha, a[11], ScalarZero(a[0].Graph(), a[0].DType()), nil)
			all := map[string]*Node{"eps": e.Eps, "score_cls": e.TermC, "score_dist": e.TermD, "z_prev": previous, "eps_uc": e.EpsU,
				"eps_c": e.EpsC, "z0_hat": e.X0, "image": e.Image, "log_prob": e.LogProb, "distance": ReduceAllSum(e.Distance),
				"grad_log_prob": e.GradC, "grad_distance": e.GradD, "score": e.Score, "filtered": e.Filtered, "mask": e.Keep}
			names = slices.Sorted(maps.Keys(all))
			results := make([]*Node, len(names))
			for i, n := range names {
				results[i] = all[n]
			}
			return results
		}), m.Params(), g.Tensor("z"), about.T, float32(about.Alpha), tokens(g.Ints("uc")), tokens(g.Ints("c")), g.Ints(y), g.Tensor("x01"),
			float32(s.EtaG), float32(s.LambdaC), float32(s.LambdaD), ldce.CosDegrees(s.Gamma), float32(about.AlphaPrev))
		for i, n := range names {
			golden := name + "." + n
			switch byMask := slices.Contains([]string{"eps", "score_cls", "z_prev", "filtered", "mask"}, n); {
			case !g.Has(golden) || byMask && !s.decided():
			case n == "mask":
				c.Integers(golden, rounded(Values(c, out[i])), g.Ints(golden))
			default:
				c.Tensor(out[i], g, golden, stepTolerance(c, g, n, golden, about.Tolerance))
			}
		}
	}
}

// stepTolerance is the file's, but for the distance, a sum over all pixels, where it is meant of a value's size.
func stepTolerance(c *Check, g *golden.File, kind, name string, tolerance float64) golden.Tolerance {
	if kind == "distance" {
		return golden.Absolute(tolerance * max(1, math.Abs(float64(Values(c, g.Tensor(name))[0]))))
	}
	return golden.Absolute(tolerance)
}

// tokens are class ids as the toy networks take a condition.
func tokens(ids []int32) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(ids, len(ids), 1, 1)
}

// rounded are values of 0 and 1 as whole numbers.
func rounded(values []float32) []int32 {
	out := make([]int32, len(values))
	for i, v := range values {
		out[i] = int32(v)
	}
	return out
}
