package verify

import (
	"fmt"

	"otherwise/cam"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
)

// camParts check class activation maps and the rest of their family.
var camParts = []Part{
	{Files: "cam.safetensors", Run: checkCAM},
	{Files: "cam_family.safetensors", Also: []string{"cam.safetensors"}, Run: checkCAMFamily},
}

// checkCAM checks ScoreCAM in its three conventions, GradCAM and GradCAM++: map, weights, and what leads to them.
func checkCAM(c *Check) {
	var about struct {
		Tolerance float64 `json:"tolerance"`
		Constant  *int    `json:"constant_channel"`
	}
	c.About(&about)
	g := c.Golden()
	classifier, pictures := toy.CAMClassifier(c, g)
	targets := g.Ints("target")
	for _, kind := range []struct {
		options      cam.Options
		name, logits string
	}{
		{cam.Options{}, "score_author", "masked_logits_halfpixel"},
		{cam.Options{Convention: cam.Paper}, "score_paper", "masked_logits_halfpixel"},
		{cam.Options{Convention: cam.Library}, "score_library", "masked_logits_aligned"},
		{cam.Options{Method: cam.GradCAM}, "grad", ""},
		{cam.Options{Method: cam.GradCAMPlusPlus}, "gradpp", ""},
	} {
		mapper, err := cam.New(c.Backend, classifier, kind.options)
		if err != nil {
			c.Fatal(err)
		}
		for i, p := range pictures {
			e, err := mapper.Explain(c.Context, p, int(targets[i]))
			if err != nil {
				c.Fatal(err)
			}
			compare := func(name string, got []float32) {
				want, _ := g.Floats(name)
				c.Near(name, got, want, golden.Absolute(about.Tolerance))
			}
			compare(fmt.Sprintf("%s.%d.map", kind.name, i), e.Map.Values)
			compare(fmt.Sprintf("%s.%d.weights", kind.name, i), e.Weights)
			if kind.name == "score_author" && about.Constant != nil {
				c.True(fmt.Sprintf("score_author.%d: a constant channel has no weight", i), e.Weights[*about.Constant] == 0)
			}
			if kind.logits != "" {
				compare(fmt.Sprintf("%s.%d", kind.logits, i), e.Logits)
			} else {
				compare(fmt.Sprintf("%s.%d.low", kind.name, i), e.Low)
			}
		}
	}
}

// checkCAMFamily checks the methods that came after, on the same network and pictures.
func checkCAMFamily(c *Check) {
	var about struct {
		Tolerance  float64 `json:"tolerance"`
		Relative   float64 `json:"relative_tolerance"`
		Samples    int     `json:"samples"`
		Steps      int     `json:"steps"`
		NoiseLevel float64 `json:"noise_level"`
	}
	c.About(&about)
	g, base := c.Golden(), c.Open("cam.safetensors")
	classifier, pictures := toy.CAMClassifier(c, base)
	targets := base.Ints("target")
	for _, kind := range []struct {
		name    string
		options cam.Options
	}{
		{"xgrad", cam.Options{Method: cam.XGradCAM}}, {"layer", cam.Options{Method: cam.LayerCAM}},
		{"eigen", cam.Options{Method: cam.EigenCAM}}, {"ablation", cam.Options{Method: cam.AblationCAM}},
		{"integrated", cam.Options{Method: cam.IntegratedGradients, Samples: about.Steps}},
		{"smooth", cam.Options{Method: cam.SmoothGrad, Samples: about.Samples, NoiseLevel: about.NoiseLevel}},
	} {
		mapper, err := cam.New(c.Backend, classifier, kind.options)
		if err != nil {
			c.Fatal(err)
		}
		for i, p := range pictures {
			class := int(targets[i])
			if kind.name == "smooth" {
				noise := grids(g, "noise")
				got, err := mapper.Smooth(c.Context, p, class, func(k int) []float32 { return noise[k].Values })
				if err != nil {
					c.Fatal(err)
				}
				compareAttributions(c, g, fmt.Sprintf("smooth.%d", i), got, about.Relative)
				continue
			}
			e, err := mapper.Explain(c.Context, p, class)
			if err != nil {
				c.Fatal(err)
			}
			if kind.name == "integrated" {
				compareAttributions(c, g, fmt.Sprintf("integrated.%d", i), e.Low, about.Relative)
				continue
			}
			name := fmt.Sprintf("%s.%d.map", kind.name, i)
			want, _ := g.Floats(name)
			c.Near(name, e.Map.Values, want, golden.Absolute(about.Tolerance))
		}
	}
}

// compareAttributions compares what is attributed to a picture's values with the stored [channels, height, width].
func compareAttributions(c *Check, g *golden.File, name string, got []float32, tolerance float64) {
	stored, shape := g.Floats(name)
	want, _ := golden.NHWC(stored, append([]int{1}, shape...))
	c.Near(name, got, want, golden.Norm(tolerance))
}
