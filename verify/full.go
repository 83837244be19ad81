package verify

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/formula"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// fullParts check networks of full size, whose weights and inputs a formula makes.
var fullParts = []Part{{Files: "full/full_golden.safetensors", Also: []string{"full/cases.json"}, Full: true, Run: checkFull}}

// fullNetworks returns the networks that can be checked, by the name of their case.
func fullNetworks() map[string]fullNetwork {
	all := map[string]fullNetwork{}
	for _, some := range []map[string]fullNetwork{fullDiffusion, fullClassifiers} {
		maps.Copy(all, some)
	}
	return all
}

// fullNetwork is a network of full size.
type fullNetwork struct {
	// Inputs names the inputs that the formula makes, as cases.json does without "input:"; the gradient is by the first.
	// Those of four axes are turned from NCHW to NHWC.
	Inputs []string
	// Forward gives a case's graph: the result, and activations named in Taps, of the network's parameters and inputs.
	// Results of four axes are NHWC.
	Forward func(c *Check, about fullCase) func(s nn.Scope, inputs []*Node) []*Node
	// Taps names further results; "block64" is compared with expected.<case>.block64.values.
	Taps []string
	// NoGradient leaves the gradient out: the input isn't continuous.
	NoGradient bool
	// Hashed, unless nil, gives the published name, by which values are made, of a name that the network asks for.
	Hashed func(name string) string
	// Gradient and GradientNorm are the tolerances of the gradient's values, by rms, and of its norm; 2e-4 both.
	Gradient, GradientNorm float64
}

// fullCase is a case of cases.json.
type fullCase struct {
	Gain      float64 `json:"gain"`
	Embedding float64 `json:"embedding_scale"`
	Timestep  int32   `json:"timestep"`
	InputIDs  []int32 `json:"input_ids"`
	Text      string  `json:"text"`
	Inputs    map[string]struct {
		Shape  []int   `json:"shape"`
		Scale  float64 `json:"scale"`
		Offset float64 `json:"offset"`
	} `json:"inputs"`
	OutputShape []int `json:"output_shape"`

	salt string // put before every name that is hashed
}

// tolerances of outputs and gradients, by rms: those of the reference data's README
const (
	outputTolerance   = 1e-4
	gradientTolerance = 2e-4
)

func checkFull(c *Check) {
	var about struct {
		Salt  string              `json:"salt"`
		Cases map[string]fullCase `json:"cases"`
	}
	c.JSON("full/cases.json", &about)
	g := c.Golden()
	c.Near("check_u", formula.Values("check", 16, 1, 0), Values(c, g.Tensor("inputs.check_u")), golden.Exact())
	kernel, err := formula.Weights{Shapes: map[string][]int{"features.0.weight": {64, 3, 3, 3}}, Gain: 1.4142135}.Float32("features.0.weight")
	if err != nil {
		c.Fatal(err)
	}
	c.Near("check_conv", kernel[:16], Values(c, g.Tensor("inputs.check_conv")), golden.Exact())
	networks := fullNetworks()
	for _, name := range slices.Sorted(maps.Keys(about.Cases)) {
		if !c.Wanted(name) {
			continue
		}
		network, found := networks[name]
		if !found {
			c.Errorf("%s: no network of that name is known", name)
			continue
		}
		c.Begin(name)
		f := about.Cases[name]
		f.salt = about.Salt
		checkFullNetwork(c, g, name, f, network)
	}
}

func checkFullNetwork(c *Check, g *golden.File, name string, f fullCase, network fullNetwork) {
	var inputs []any
	var described []shapes.Shape
	for _, input := range network.Inputs {
		in, found := f.Inputs["input:"+input]
		if !found {
			c.Fatalf("%s: cases.json has no input:%s", name, input)
		}
		data, shape := formula.Values(f.salt+"input:"+input, size(in.Shape), in.Scale, in.Offset), in.Shape
		if len(shape) == 4 {
			data, shape = golden.NHWC(data, shape)
		}
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(data, shape...))
		described = append(described, shapes.Make(dtypes.Float32, shape...))
	}
	forward := network.Forward(c, f)
	params := fullParams(c, f, network, described, forward)
	defer func() {
		for _, p := range params.Tensors() {
			nn.Free(p)
		}
	}()
	cotangent := tensors.FromFlatDataAndDimensions(formula.Values("cotangent:"+name, size(f.OutputShape), 1, 0), size(f.OutputShape))
	program := nn.NewProgram(c.Backend, name, func(nets []nn.Scope, a []*Node) []*Node {
		last := len(a) - 1
		out := forward(nets[0], a[:last])
		for i, y := range out {
			out[i] = flatNCHW(y)
		}
		if network.NoGradient {
			return out
		}
		return append(out, flatNCHW(Gradient(ReduceAllSum(Mul(out[0], a[last])), a[0])[0]))
	})
	out := c.Call(program, []*nn.Params{params}, append(inputs, cotangent)...)
	expected := "expected." + name + "."
	compareSpread(c, g, expected+"values", Values(c, out[0]), outputTolerance)
	compareMoments(c, g, expected+"mean_std_norm", Values(c, out[0]))
	if first := expected + "first16"; g.Has(first) {
		c.Near(first, Values(c, out[0])[:16], Values(c, g.Tensor(first)), golden.RMS(outputTolerance))
	}
	for i, tap := range network.Taps {
		compareSpread(c, g, expected+tap+".values", Values(c, out[1+i]), outputTolerance)
	}
	if !network.NoGradient {
		gradient := Values(c, out[len(out)-1])
		compareSpread(c, g, expected+"grad_values", gradient, cmp.Or(network.Gradient, gradientTolerance))
		c.Near(expected+"grad_norm", []float32{float32(norm(gradient))}, Values(c, g.Tensor(expected+"grad_norm")),
			golden.Norm(cmp.Or(network.GradientNorm, gradientTolerance)))
	}
}

// fullParams makes the parameters that the network asks for.
func fullParams(c *Check, f fullCase, network fullNetwork, inputs []shapes.Shape, forward func(nn.Scope, []*Node) []*Node) *nn.Params {
	asked, err := nn.Shapes(c.Backend, func(s nn.Scope, args []*Node) { forward(s, args) }, inputs...)
	if err != nil {
		c.Fatal(err)
	}
	hashed := func(name string) string {
		if network.Hashed != nil {
			name = network.Hashed(name)
		}
		return f.salt + name
	}
	params, err := nn.Load(formula.Weights{Shapes: asked, Gain: f.Gain, Embedding: cmp.Or(f.Embedding, 0.5), Hashed: hashed}, nn.LoadOptions{Backend: c.Backend})
	if err != nil {
		c.Fatal(err)
	}
	return params
}

// flatNCHW lists a result's values in the order of files.
func flatNCHW(x *Node) *Node {
	if x.Rank() == 4 {
		x = TransposeAllAxes(x, 0, 3, 1, 2)
	}
	return Reshape(x, -1)
}

// compareSpread compares values that are spread evenly over a result with the golden ones.
func compareSpread(c *Check, g *golden.File, name string, got []float32, tolerance float64) {
	want := Values(c, g.Tensor(name))
	picked := make([]float32, len(want))
	for i := range picked {
		picked[i] = got[i*len(got)/len(want)]
	}
	c.Near(name, picked, want, golden.RMS(tolerance))
}

// compareMoments compares mean, standard deviation (of n - 1) and norm. The mean's tolerance is relative to the standard
// deviation: it may well be near zero.
func compareMoments(c *Check, g *golden.File, name string, got []float32) {
	want := Values(c, g.Tensor(name))
	var sum, squares float64
	for _, v := range got {
		sum += float64(v)
	}
	mean := sum / float64(len(got))
	for _, v := range got {
		squares += (float64(v) - mean) * (float64(v) - mean)
	}
	std := math.Sqrt(squares / float64(len(got)-1))
	c.Number(name+" mean", mean, float64(want[0]), golden.Absolute(outputTolerance*float64(want[1])))
	c.Numbers(name+" std, norm", []float64{std, norm(got)}, []float64{float64(want[1]), float64(want[2])}, golden.Norm(outputTolerance))
}

func norm(values []float32) float64 {
	var squares float64
	for _, v := range values {
		squares += float64(v) * float64(v)
	}
	return math.Sqrt(squares)
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
