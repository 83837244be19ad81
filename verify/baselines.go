package verify

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/baselines"
	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/diffusion"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/weights"
)

// baselineParts check the methods beside LDCE and ECED, on the toy networks.
var baselineParts = []Part{
	{Files: "bl_schedule.safetensors", Run: checkAncestralSchedule},
	{Files: "ace_attack_*.safetensors", Also: toyFiles, Run: checkACEAttack},
	{Files: "ace_mask.safetensors", Run: checkACEMask},
	{Files: "ace_refine.safetensors", Also: toyFiles, Run: checkACERefine},
	{Files: "dvce_cone.safetensors", Run: checkDVCECone},
	{Files: "dvce_step_*.safetensors", Also: toyFiles, Run: checkDVCEStep},
	{Files: "dvce_traj_*.safetensors", Also: toyFiles, Run: checkDVCETrajectory},
	{Files: "dime_*.safetensors", Also: toyFiles, Run: checkDiME},
	{Files: "fastdime_*.safetensors", Also: toyFiles, Run: checkFastDiME},
	{Files: "maskdime_masks.safetensors", Run: checkMaskDiMEMasks},
	{Files: "maskdime_[^mi]*.safetensors", Also: maskDiMEInputs, Run: checkMaskDiME},
	{Files: "maskdime_mu*.safetensors", Also: maskDiMEInputs, Run: checkMaskDiME},
	{Files: "svce_maxlin.safetensors", Run: checkMaximizeLinear},
	{Files: "svce_afw_*.safetensors", Also: toyFiles, Run: checkSVCE},
	{Files: "bld_edit_*.safetensors", Also: toyFiles, Run: checkBLDEdit},
	{Files: "bld_reconstruct_*.safetensors", Also: toyFiles, Run: checkBLDReconstruct},
	{Files: "pgd_*.safetensors", Also: toyFiles, Run: checkPGD},
}

// sharedToy is where the toy networks of the baselines' main set lie: the algorithms' golden values beside them.
var sharedToy = []string{".", "../../algorithms/golden", "../../../algorithms/golden"}

// baselineModels reads a variant of the toy networks, from the folder or from that of the algorithms' golden values beside it.
func (c *Check) baselineModels(o toy.Options) counterfactual.Models {
	for _, dir := range sharedToy {
		if !c.Exists(dir + "/" + toyFiles[0]) {
			continue
		}
		m, err := toy.Load(c.Backend, c.Path(dir), o)
		if err != nil {
			c.Fatal(err)
		}
		return m
	}
	c.Fatalf("%s belongs to these golden values and is missing; looked in %q", toyFiles[0], sharedToy)
	return counterfactual.Models{}
}

// goldenBatch is what a search starts from: the pictures of the given names, null conditions, targets, and stored noise.
func goldenBatch(g *golden.File, picture, latent, target string, noise map[string]string) *baselines.Batch {
	b := &baselines.Batch{Picture: g.Tensor(picture), Targets: g.Ints(target), Noise: storedNoise(g, noise)}
	if latent != "" {
		b.Latent = g.Tensor(latent)
	}
	for _, name := range []string{"cond", "uc"} {
		if g.Has(name) {
			b.Null = classTokens(g.Ints(name))
		}
	}
	return b
}

// classTokens are class numbers as the toy denoiser takes them.
func classTokens(ids []int32) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(ids, len(ids), 1, 1)
}

// storedNoise finds noise by its stream. The words of the stream, joined, name the golden tensor; its numbers are places along the
// tensor's first axes.
func storedNoise(g *golden.File, names map[string]string) baselines.Noise {
	return func(stream string, dims []int) (*tensors.Tensor, error) {
		var words []string
		var places []int
		for _, part := range strings.Split(stream, "/") {
			if n, err := strconv.Atoi(part); err == nil {
				places = append(places, n)
			} else {
				words = append(words, part)
			}
		}
		name, ok := names[strings.Join(words, "/")]
		if !ok {
			return nil, fmt.Errorf("no noise is stored for the stream %q", stream)
		}
		if len(places) == 0 {
			return g.Tensor(name), nil
		}
		shape, place := g.Shape(name), 0
		for axis, p := range places {
			place = place*shape[axis] + p
		}
		return g.At(name, place), nil
	}
}

// trail collects what a search computes step by step, to be compared with golden tensors whose first axis are the steps.
type trail struct {
	check  *Check
	g      *golden.File
	prefix string // of the golden names
	got    map[string][]float32
	steps  map[string]int
}

func (c *Check) trail(g *golden.File, prefix string) *trail {
	return &trail{check: c, g: g, prefix: prefix, got: map[string][]float32{}, steps: map[string]int{}}
}

// watch is the trail's watcher. The golden values may hold fewer steps.
func (t *trail) watch(s baselines.State) error {
	for name, v := range s.Details {
		if t.g.Has(t.prefix+name) && s.Index < t.g.Shape(t.prefix + name)[0] {
			t.got[name] = append(t.got[name], Values(t.check, v)...)
			t.steps[name]++
		}
	}
	return nil
}

// compare compares everything that was collected.
func (t *trail) compare(tolerance golden.Tolerance) {
	if len(t.got) == 0 {
		t.check.Errorf("no step of %q was made", t.prefix)
	}
	for _, name := range slices.Sorted(maps.Keys(t.got)) {
		t.check.Near(t.prefix+name, t.got[name], stackedValues(t.g, t.prefix+name), tolerance)
	}
}

// stackedValues are a golden tensor's values, floats or bytes, in the order in which a search gives them: steps of pictures, each
// [height, width, channels].
func stackedValues(g *golden.File, name string) []float32 {
	shape := g.Shape(name)
	values := numbers(g, name)
	if len(shape) < 4 {
		return values
	}
	n := 1
	for _, d := range shape[:len(shape)-3] {
		n *= d
	}
	values, _ = golden.NHWC(values, append([]int{n}, shape[len(shape)-3:]...))
	return values
}

// numbers are a golden tensor's values as stored, floats or bytes.
func numbers(g *golden.File, name string) []float32 {
	if dtype, _, err := g.Source().Info(name); err != nil || dtype != weights.U8 {
		values, _ := g.Floats(name)
		return values
	}
	var values []float32
	for _, b := range g.Bytes(name) {
		values = append(values, float32(b))
	}
	return values
}

// maskTensor reads a golden mask [batch, channels, height, width] as [batch, height, width, channels].
func maskTensor(g *golden.File, name string) *tensors.Tensor {
	s := g.Shape(name)
	return tensors.FromFlatDataAndDimensions(stackedValues(g, name), s[0], s[2], s[3], s[1])
}

// gridsOf reads pictures of a golden tensor.
func gridsOf(c *Check, t *tensors.Tensor) []counterfactual.Grid {
	grids, err := counterfactual.Grids(t)
	if err != nil {
		c.Fatal(err)
	}
	return grids
}

// uncropped is the toy classifier of several classes on the whole picture: the reference's stand-in for perceptual features.
type uncropped struct{ classify.Network }

func (uncropped) Preprocess(x01 *Node) *Node {
	channel := func(v ...float32) *Node { return Reshape(Const(x01.Graph(), v), 1, 1, 1, 3) }
	return Div(Sub(x01, channel(0.485, 0.456, 0.406)), channel(0.229, 0.224, 0.225))
}

// toyPerceptual are the reference's perceptual features.
func (c *Check) toyPerceptual() *baselines.Perceptual {
	classifier := c.baselineModels(toy.Options{}).Classifier
	return &baselines.Perceptual{Network: uncropped{classifier.Network}, Params: classifier.Params, Layer: "conv2"}
}

// decoded compares the pictures of a latent, clamped.
func (c *Check) decoded(m counterfactual.Models, z *tensors.Tensor, g *golden.File, name string, tolerance golden.Tolerance) {
	out := c.Call(c.Program(pictureGraph(m)), m.Params(), z)
	c.Tensor(out[0], g, name, tolerance)
}

// checkAncestralSchedule checks the respaced chains and the schedules of the editing.
func checkAncestralSchedule(c *Check) {
	var about struct {
		Tolerance float64              `json:"tolerance"`
		BLD       map[string][]bldStep `json:"bld"`
	}
	c.About(&about)
	g := c.Golden()
	within := golden.Absolute(about.Tolerance)
	for _, name := range g.Names() {
		prefix, ok := strings.CutSuffix(name, ".ab")
		if !ok {
			continue
		}
		schedule, steps, _ := strings.Cut(prefix, ".")
		chain, err := diffusion.Schedule{AlphasCumprod: g.Doubles(schedule + ".alphas_cumprod")}.AncestralSteps(whole(c, steps))
		if err != nil {
			c.Fatal(err)
		}
		var t []int32
		fields := map[string][]float64{}
		for _, s := range chain {
			t = append(t, int32(s.T))
			for field, v := range map[string]float64{"ab": s.Alpha, "ab_prev": s.AlphaPrev, "beta": s.Beta, "var": s.Variance,
				"c0": s.CleanWeight, "ct": s.LatentWeight} {
				fields[field] = append(fields[field], v)
			}
		}
		c.Integers(prefix+".t", t, g.Ints(prefix+".t"))
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			c.Numbers(prefix+"."+field, fields[field], g.Doubles(prefix+"."+field), within)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(about.BLD)) {
		checkEditSchedule(c, g, name, about.BLD[name], within)
	}
}
