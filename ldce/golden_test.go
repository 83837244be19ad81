package ldce

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

const goldens = "../testdata/golden"

// settings are a golden run's parameters, under the names of the reference.
type settings struct {
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
	Margin    *float64 `json:"margin_deg"`
}

func (s settings) options(t *testing.T) Options {
	t.Helper()
	o := Options{GuidanceScale: &s.EtaG, LambdaC: &s.LambdaC, LambdaD: &s.LambdaD, Gamma: &s.Gamma, Patch: s.Patch,
		Overwrite: s.Overwrite, TraceFrames: -1}
	o.Distance = map[int]string{1: "l1", 2: "l2"}[s.P]
	o.NoConsensus = s.Consensus != nil && !*s.Consensus
	o.NoNormMatching = s.SameNorm != nil && !*s.SameNorm
	o.DetachDenoiser = s.Through != nil && !*s.Through
	return o
}

func TestGuidedStepAgreesWithReference(t *testing.T) {
	var about struct {
		T         int                 `json:"t"`
		Alpha     float64             `json:"alpha_bar"`
		AlphaPrev float64             `json:"alpha_bar_prev"`
		Variants  map[string]settings `json:"variants"`
		Tolerance float64             `json:"tolerance"`
	}
	golden.JSON(t, goldens+"/ldce_step.json", &about)
	g := golden.Open(t, goldens+"/ldce_step.safetensors")
	for name, s := range about.Variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := toy.Models(t, goldens, toy.Options{VQ: s.VQ, Binary: s.Binary})
			o, err := s.options(t).withDefaults()
			if err != nil {
				t.Fatal(err)
			}
			program := nn.NewProgram(m.Backend, name, func(scopes []nn.Scope, args []*Node) []*Node {
				in := inputs{t: args[1], alpha: args[2], unconditional: args[3], conditional: args[4], target: args[5],
					picture: args[6], guidance: args[7], lambdaC: args[8], lambdaD: args[9], cosGamma: args[10]}
				e := guidedEps(m, o, counterfactual.BindNets(scopes), args[0], in)
				prev, _ := diffusion.DDIMStep(args[0], e.eps, in.alpha, args[11], ScalarZero(args[0].Graph(), args[0].DType()), nil)
				return []*Node{e.eps, e.termC, e.termD, prev, e.epsU, e.epsC, e.x0, e.image, e.logProb,
					e.gradC, e.gradD, e.score, e.filtered}
			})
			y := g.Ints("y")
			if s.Binary {
				y = g.Ints("y_bin")
			}
			out, err := program.Call(m.Params(), g.Tensor("z"), int32(about.T), float32(about.Alpha), ids(g.Ints("uc")), ids(g.Ints("c")),
				y, g.Tensor("x01"), float32(s.EtaG), float32(s.LambdaC), float32(s.LambdaD), cosDegrees(s.Gamma), float32(about.AlphaPrev))
			if err != nil {
				t.Fatal(err)
			}
			names := []string{"eps", "score_cls", "score_dist", "z_prev"}
			if name == "base" || name == "bin" {
				names = append(names, "eps_uc", "eps_c", "z0_hat", "image", "log_prob", "grad_log_prob", "grad_distance", "score", "filtered")
			}
			if name == "g0" {
				names = []string{"score_dist"} // only exactly parallel vectors survive, and rounding decides which are
			}
			for i, field := range []string{"eps", "score_cls", "score_dist", "z_prev", "eps_uc", "eps_c", "z0_hat", "image",
				"log_prob", "grad_log_prob", "grad_distance", "score", "filtered"} {
				for _, wanted := range names {
					if wanted == field {
						g.Close(out[i], name+"."+field, about.Tolerance)
					}
				}
			}
		})
	}
}

func ids(values []int32) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, len(values), 1, 1)
}

func TestTrajectoriesAgreeWithReference(t *testing.T) {
	for _, name := range []string{"cls", "txt", "nocons", "bin", "vq", "eta0.5", "wide"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var about struct {
				Steps     int      `json:"ddim_steps"`
				Start     int      `json:"start"`
				Eta       float64  `json:"eta_ddim"`
				Settings  settings `json:"settings"`
				Tolerance float64  `json:"tolerance"`
			}
			golden.JSON(t, goldens+"/ldce_traj_"+name+".json", &about)
			g := golden.Open(t, goldens+"/ldce_traj_"+name+".safetensors")
			m := toy.Models(t, goldens, toy.Options{VQ: about.Settings.VQ, Binary: about.Settings.Binary})
			o := about.Settings.options(t)
			o.DDIMSteps, o.Strength, o.Eta = about.Steps, new(float64(about.Start)/float64(about.Steps)), about.Eta
			method, err := New(m, o)
			if err != nil {
				t.Fatal(err)
			}
			r := goldenRun(t, method, g, about.Eta > 0)
			for k := range about.Start {
				if err := r.denoise(k, nil); err != nil {
					t.Fatal(err)
				}
			}
			g.Close(r.z, "z_cf", about.Tolerance)
			results, err := r.finish()
			if err != nil {
				t.Fatal(err)
			}
			batch, err := counterfactual.Batch(results[0].Counterfactual, results[1].Counterfactual)
			if err != nil {
				t.Fatal(err)
			}
			g.Close(batch, "x_cf", about.Tolerance)
			if !about.Settings.Binary && name != "nocons" {
				checkMasks(t, g, results)
			}
		})
	}
}

// goldenRun starts a run at the golden noised latent, whose encoding used noise that is not stored.
func goldenRun(t *testing.T, method *Method, g *golden.File, stochastic bool) *run {
	t.Helper()
	picture := g.Tensor("x01")
	pictures, err := counterfactual.Unbatch(picture)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{Method: method, z: g.Tensor("z_start"), picture: picture, unconditional: ids(g.Ints("uc")),
		conditional: ids(g.Ints("c")), targets: g.Ints("y"), latentDims: []int{2, 8, 8, 4}}
	for i := range pictures {
		r.problems = append(r.problems, counterfactual.Problem{Picture: pictures[i], Target: int(r.targets[i])})
		r.results = append(r.results, &counterfactual.Result{Original: pictures[i], Target: int(r.targets[i])})
	}
	if stochastic {
		values, _ := g.Floats("step_noise")
		const size = 2 * 4 * 8 * 8
		step := 0
		r.draw = func(string) *tensors.Tensor {
			data, dims := golden.NHWC(values[step*size:(step+1)*size], []int{2, 4, 8, 8})
			step++
			return tensors.FromFlatDataAndDimensions(data, dims...)
		}
	}
	return r
}

// checkMasks compares the consensus masks of every step with the golden ones, exactly: the stored trajectories keep
// every angle at least 0.04 degrees from gamma.
func checkMasks(t *testing.T, g *golden.File, results []*counterfactual.Result) {
	t.Helper()
	want := g.Bytes("steps.mask")
	for i, result := range results {
		for k, step := range result.Steps {
			for j, v := range step.Kept.Values {
				if byte(v) != want[(k*2+i)*64+j] {
					t.Fatalf("step %d, sample %d, location %d: mask %g, want %d", k, i, j, v, want[(k*2+i)*64+j])
				}
			}
		}
	}
}
