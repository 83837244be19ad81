package verify

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/baselines"
	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

var coneName = regexp.MustCompile(`^(cone|exact)_([\d.]+)$`)

// checkDVCECone checks the cone rule and the projection, at several angles.
func checkDVCECone(c *Check) {
	var about struct {
		Tolerance float64              `json:"tolerance"`
		Angles    map[string][]float64 `json:"angles_deg"`
	}
	c.About(&about)
	g := c.Golden()
	within := golden.Absolute(about.Tolerance)
	robust, target := g.Tensor("g_robust"), g.Tensor("g_target")
	for _, name := range g.Names() {
		parts := coneName.FindStringSubmatch(name)
		if parts == nil {
			continue
		}
		alpha := decimal(c, parts[2])
		cone := c.Program(func(_ []nn.Scope, a []*Node) []*Node {
			moved, cosine := baselines.Cone(a[0], a[1], alpha, parts[1] == "exact")
			return []*Node{moved, cosine}
		})
		out := c.Call(cone, nil, robust, target)
		got, want := Values(c, out[0]), stackedValues(g, name)
		size := len(got) / len(about.Angles[parts[2]])
		for i, angle := range about.Angles[parts[2]] {
			if angle < 179 || parts[1] == "exact" { // of opposite vectors what is orthogonal is rounding noise
				c.Near(name, got[i*size:(i+1)*size], want[i*size:(i+1)*size], within)
			}
		}
		c.Near(name+" angles", degrees(Values(c, out[1])), float32s(about.Angles[parts[2]]), golden.Absolute(0.1))
		if parts[1] == "cone" {
			out = c.Call(cone, nil, robust, tensors.FromShape(target.Shape()))
			c.Near(name+" of a zero target", Values(c, out[0]), make([]float32, len(got)), golden.Exact())
		}
	}
}

func float32s(values []float64) []float32 {
	var out []float32
	for _, v := range values {
		out = append(out, float32(v))
	}
	return out
}

// dvceSettings are a golden run's, under the names of the reference; what is missing is the reference's default, which is ours.
type dvceSettings struct {
	LamC     *float64 `json:"lam_c"`
	LamD     *float64 `json:"lam_d"`
	P        float64  `json:"p"`
	Deg      *float64 `json:"deg"`
	Dist     string   `json:"dist"`
	SameNorm *bool    `json:"same_norm"`
	Robust   bool     `json:"robust"`
}

func (s dvceSettings) options(robust *classify.Classifier) baselines.DVCEOptions {
	o := baselines.DVCEOptions{LambdaC: s.LamC, LambdaD: s.LamD, P: s.P, Alpha: s.Deg, Distance: s.Dist,
		NoRescaling: s.SameNorm != nil && !*s.SameNorm, Robust: robust, Augmentations: 1}
	if o.Distance == "through" {
		o.Distance = "picture"
	}
	return o
}

// robustClassifier is the second classifier that a golden file holds.
func robustClassifier(c *Check, g *golden.File, m counterfactual.Models) *classify.Classifier {
	all, err := nn.LoadParams(g.Source())
	if err != nil {
		c.Fatal(err)
	}
	params := nn.NewParams()
	for _, name := range all.Names() {
		if rest, ok := strings.CutPrefix(name, "robust."); ok {
			params.Set("clf."+rest, all.Get(name))
		}
	}
	robust := *m.Classifier
	robust.Params = params
	return &robust
}

// checkDVCEStep checks one guided step in many settings.
func checkDVCEStep(c *Check) {
	var about struct {
		Index     int                     `json:"index"`
		Steps     int                     `json:"respaced_steps"`
		Variants  map[string]dvceSettings `json:"variants"`
		Tolerance float64                 `json:"tolerance"`
	}
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	for _, name := range slices.Sorted(maps.Keys(about.Variants)) {
		s := about.Variants[name]
		m, target := c.baselineModels(toy.Options{Binary: name == "binary"}), "y"
		if name == "binary" {
			target = "y_bin"
		}
		var robust *classify.Classifier
		if s.Robust {
			robust = robustClassifier(c, g, m)
		}
		o := s.options(robust)
		o.Steps, o.Strength = about.Steps, new((float64(about.Index)+1.5)/float64(about.Steps))
		// The reference's picture distance is a mean over the whole batch, ours one over each picture, whose gradient is as many
		// times larger: it shows where nothing is rescaled.
		larger := 1.0
		if s.Dist != "latent" {
			larger = float64(g.Shape("x_f")[0])
		}
		if o.NoRescaling {
			o.LambdaD = new(*s.LamD / larger)
		}
		method, err := baselines.NewDVCE(m, o)
		if err != nil {
			c.Fatal(err)
		}
		b := goldenBatch(g, "x_f", "z_f", target, map[string]string{})
		b.Noise = func(string, []int) (*tensors.Tensor, error) { return g.Tensor("noise"), nil }
		_, _, err = method.Step(b, g.Tensor("z"), 0, func(st baselines.State) error {
			for _, field := range []string{"z", "grad_target", "update", "mean_guided", "log_prob", "grad_robust", "grad_class"} {
				if g.Has(name + "." + field) {
					c.Tensor(st.Details[field], g, name+"."+field, within)
				}
			}
			distance := Values(c, st.Details["grad_dist"])
			for i := range distance {
				distance[i] /= float32(larger)
			}
			c.Near(name+".grad_dist", distance, stackedValues(g, name+".grad_dist"), within)
			if g.Has(name + ".angle") {
				c.Near(name+".angle", radians(Values(c, st.Details["cosine"])), numbers(g, name+".angle"), within)
			}
			if name == "plain" {
				for _, field := range []string{"eps", "z0_hat", "image", "mean"} {
					c.Tensor(st.Details[field], g, "common."+field, within)
				}
			}
			return nil
		})
		if err != nil {
			c.Fatal(err)
		}
	}
}

// radians are the angles of cosines.
func radians(cosines []float32) []float32 {
	var out []float32
	for _, v := range cosines {
		out = append(out, float32(math.Acos(float64(v))))
	}
	return out
}

// checkDVCETrajectory checks a whole run from stored noise.
func checkDVCETrajectory(c *Check) {
	var about struct {
		Steps     int          `json:"respaced_steps"`
		Start     int          `json:"start"`
		Settings  dvceSettings `json:"settings"`
		Tolerance float64      `json:"tolerance"`
	}
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	m := c.baselineModels(toy.Options{})
	var robust *classify.Classifier
	if g.Has("robust.fc.bias") {
		robust = robustClassifier(c, g, m)
	}
	o := about.Settings.options(robust)
	o.Steps, o.Strength = about.Steps, new((float64(about.Start)+0.5)/float64(about.Steps))
	method, err := baselines.NewDVCE(m, o)
	if err != nil {
		c.Fatal(err)
	}
	steps := c.trail(g, "steps.")
	var cosines []float32
	b := goldenBatch(g, "x_f", "z_f", "y", map[string]string{"start": "start_noise", "step": "step_noises"})
	z, err := method.Denoise(c.Context, b, func(s baselines.State) error {
		cosines = append(cosines, Values(c, s.Details["cosine"])...)
		return steps.watch(s)
	})
	if err != nil {
		c.Fatal(err)
	}
	steps.compare(within)
	if g.Has("steps.angle") {
		c.Near("steps.angle", radians(cosines), numbers(g, "steps.angle"), within)
	}
	c.Tensor(z, g, "z_cf", within)
	c.decoded(m, z, g, "x_cf", within)
}
