package verify

import (
	"math"
	"regexp"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/baselines"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

// bldStep is a step of an editing's schedule in a description.
type bldStep struct {
	T     int32   `json:"t"`
	A     float64 `json:"a"`
	TPrev int32   `json:"t_prev"`
	APrev float64 `json:"a_prev"`
}

var editName = regexp.MustCompile(`^offset(\d+)_steps(\d+)_skip(\d+)$`)

// checkEditSchedule checks the first three and the last two steps of an editing's schedule, which the description lists.
func checkEditSchedule(c *Check, g *golden.File, name string, want []bldStep, within golden.Tolerance) {
	parts := editName.FindStringSubmatch(name)
	if parts == nil {
		c.Fatalf("schedule %q has an unknown name", name)
	}
	steps, err := baselines.EditSteps(diffusion.Schedule{AlphasCumprod: g.Doubles("sd.alphas_cumprod")}, whole(c, parts[2]), whole(c, parts[1]), whole(c, parts[3]))
	if err != nil {
		c.Fatal(err)
	}
	n := len(steps)
	var got []diffusion.Step
	for _, k := range []int{n - 1, n - 2, n - 3, 1, 0} {
		got = append(got, steps[k])
	}
	compareEditSteps(c, name, got, want, within)
}

func compareEditSteps(c *Check, name string, got []diffusion.Step, want []bldStep, within golden.Tolerance) {
	var gotT, wantT []int32
	var gotA, wantA []float64
	for _, s := range got {
		gotT, gotA = append(gotT, int32(s.T)), append(gotA, s.Alpha, s.AlphaPrev)
	}
	for _, s := range want {
		wantT, wantA = append(wantT, s.T), append(wantA, s.A, s.APrev)
	}
	c.Integers(name+" timesteps", gotT, wantT)
	c.Numbers(name+" levels", gotA, wantA, within)
}

// checkBLDEdit checks an editing run with its mask, and with a full and an empty one.
func checkBLDEdit(c *Check) {
	var about struct {
		Settings struct {
			Blend    string  `json:"blend"`
			Steps    int     `json:"steps"`
			Offset   int     `json:"offset"`
			Skip     int     `json:"skip"`
			Guidance float64 `json:"guidance"`
		} `json:"settings"`
		Schedule  []bldStep `json:"schedule"`
		Tolerance float64   `json:"tolerance"`
	}
	c.About(&about)
	within, s := golden.Absolute(about.Tolerance), about.Settings
	g := c.Golden()
	m := c.baselineModels(toy.Options{})
	steps, err := baselines.EditSteps(m.Diffusion.Schedule, s.Steps, s.Offset, s.Skip)
	if err != nil {
		c.Fatal(err)
	}
	var descending []diffusion.Step
	for i := range steps {
		descending = append(descending, steps[len(steps)-1-i])
	}
	compareEditSteps(c, "schedule", descending, about.Schedule, golden.Absolute(scheduleTolerance))
	method, err := baselines.NewBLD(m, baselines.BLDOptions{Mask: "whole", Blend: s.Blend, Steps: s.Steps,
		Skip: new(float64(s.Skip) / float64(s.Steps)), GuidanceScale: &s.Guidance})
	if err != nil {
		c.Fatal(err)
	}
	b := goldenBatch(g, "x_f", "z_src", "c", map[string]string{"background": "noises"})
	stored := b.Noise
	b.Noise = func(stream string, dims []int) (*tensors.Tensor, error) {
		if stream == "start" {
			return startNoise(c, g, s.Blend, steps[len(steps)-1].Alpha), nil
		}
		return stored(stream, dims)
	}
	trail := c.trail(g, "")
	mask := maskTensor(g, "mask_latent")
	ones := tensors.MustCopyFlatData[float32](mask)
	for i := range ones {
		ones[i] = 1
	}
	full := tensors.FromFlatDataAndDimensions(ones, mask.Shape().Dimensions...)
	for name, at := range map[string]*tensors.Tensor{"z": mask, "full_mask": full, "empty_mask": tensors.FromShape(mask.Shape())} {
		var watch baselines.Watcher
		if name == "z" {
			watch = trail.watch
		}
		z, err := method.Edit(c.Context, b, at, classTokens(g.Ints("c")), watch)
		if err != nil {
			c.Fatal(err)
		}
		c.Tensor(z, g, name, within)
		if name == "z" {
			c.decoded(m, z, g, "x", within)
		}
	}
	trail.compare(within)
	c.pasted(g, "x", "x_f", "mask", false, "x_pasted", within)
}

// startNoise is the noise that takes the source to the stored start; in the script the start is noise itself.
func startNoise(c *Check, g *golden.File, blend string, alpha float64) *tensors.Tensor {
	if blend == "script" {
		return g.Tensor("start")
	}
	start, source := Values(c, g.Tensor("start")), Values(c, g.Tensor("z_src"))
	for i := range start {
		start[i] = float32((float64(start[i]) - math.Sqrt(alpha)*float64(source[i])) / math.Sqrt(1-alpha))
	}
	return tensors.FromFlatDataAndDimensions(start, g.Tensor("start").Shape().Dimensions...)
}

// checkBLDReconstruct checks the background's reconstruction by the decoder's weights or the latents.
func checkBLDReconstruct(c *Check) {
	var about struct {
		Losses   []float64 `json:"losses"`
		Settings struct {
			Steps int     `json:"steps"`
			LR    float64 `json:"lr"`
		} `json:"settings"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	m := c.baselineModels(toy.Options{})
	o := baselines.BLDOptions{Mask: "whole", Reconstruct: "weights", ReconstructSteps: about.Settings.Steps, ReconstructRate: about.Settings.LR}
	if g.Has("final.z") {
		o.Reconstruct = "latents"
	}
	method, err := baselines.NewBLD(m, o)
	if err != nil {
		c.Fatal(err)
	}
	image, f, err := method.Reconstruct(c.Context, g.Tensor("z"), g.Tensor("fg"), g.Tensor("bg"), maskTensor(g, "mask"), nil)
	if err != nil {
		c.Fatal(err)
	}
	c.Numbers("losses", f.Losses, about.Losses, within)
	c.Tensor(image, g, "image", within)
	if o.Reconstruct == "latents" {
		c.Tensor(f.Latent, g, "final.z", within)
		return
	}
	want, err := nn.LoadParams(g.Source())
	if err != nil {
		c.Fatal(err)
	}
	for _, name := range f.Decoder.Names() {
		golden := want.Get("final." + name[len("dec."):])
		if golden == nil {
			c.Fatalf("the golden values lack the fitted parameter %q", name)
		}
		c.Near("final."+name, Values(c, f.Decoder.Get(name)), Values(c, golden), within)
	}
}
