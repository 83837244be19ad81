package diffusion

import (
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/formula"
	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

// halved loads a network's parameters in half precision.
func halved(t *testing.T, precision dtypes.DType, files ...string) *nn.Params {
	t.Helper()
	all := nn.NewParams()
	for _, name := range files {
		f, err := weights.Open("testdata/" + name + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		p, err := nn.Load(f, nn.LoadOptions{Backend: golden.Backend(t), Precision: precision})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.Names() {
			all.Set(n, p.Get(n))
		}
	}
	return all
}

// Tolerances are relative to the root mean square of the results: a half-precision number has 11 (float16) or 8 (bfloat16)
// bits, and some forty layers add their errors up.
var halfTolerance = map[dtypes.DType]float64{dtypes.Float16: 0.02, dtypes.BFloat16: 0.15}

// The U-Net in half precision is compared with itself in float32, which package verify compares with diffusers.
func TestUNetInHalfPrecision(t *testing.T) {
	raw, err := os.ReadFile("testdata/sd_unet.json")
	if err != nil {
		t.Fatal(err)
	}
	unet, err := ParseUNet(raw)
	if err != nil {
		t.Fatal(err)
	}
	backend := golden.Backend(t)
	asked, err := nn.Shapes(backend, func(s nn.Scope, a []*Node) { unet.Eps(s, a[0], a[1], a[2]) },
		shapes.Make(dtypes.Float32, 1, 8, 8, 4), shapes.Make(dtypes.Int32, 1), shapes.Make(dtypes.Float32, 1, 1, 32))
	if err != nil {
		t.Fatal(err)
	}
	eps := func(precision dtypes.DType) []float32 {
		params, err := nn.Load(formula.Weights{Shapes: asked, Gain: 1, Embedding: 0.5}, nn.LoadOptions{Backend: backend, Precision: precision})
		if err != nil {
			t.Fatal(err)
		}
		half := DenoiserIn(unet, precision)
		out, err := nn.NewProgram(backend, "unet", func(nets []nn.Scope, args []*Node) []*Node {
			return []*Node{half.Eps(nets[0], args[0], args[1], args[2])}
		}).Call1([]*nn.Params{params}, tensors.FromFlatDataAndDimensions(formula.Values("z", 256, 1.7, 0), 1, 8, 8, 4), []int32{500},
			tensors.FromFlatDataAndDimensions(formula.Values("tokens", 5*32, 1.7, 0), 1, 5, 32))
		if err != nil {
			t.Fatal(err)
		}
		return tensors.MustCopyFlatData[float32](out)
	}
	want := eps(dtypes.Float32)
	var squares float64
	for _, v := range want {
		squares += float64(v) * float64(v)
	}
	rms := math.Sqrt(squares / float64(len(want)))
	for precision, tolerance := range halfTolerance {
		golden.Near(t, precision.String(), eps(precision), want, tolerance*rms)
	}
}

func TestAutoencoderInHalfPrecision(t *testing.T) {
	var a AutoencoderKL
	published(t, "sd_vae", &a, "attention_new_names")
	g := golden.Open(t, "testdata/vae_golden.safetensors")
	for precision, tolerance := range halfTolerance {
		t.Run(precision.String(), func(t *testing.T) {
			params := halved(t, precision, "sd_vae", "attention_new_names")
			half := AutoencoderIn(a, precision)
			out, err := nn.NewProgram(golden.Backend(t), "decode", func(nets []nn.Scope, args []*Node) []*Node {
				return []*Node{half.Decode(nets[0], args[0])}
			}).Call1([]*nn.Params{params}, g.Tensor("inputs.latent"))
			if err != nil {
				t.Fatal(err)
			}
			g.CloseRMS(out, "expected.decode", tolerance)
		})
	}
}
