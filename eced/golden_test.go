package eced

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/internal/toy"
	"otherwise/nn"
)

const goldens = "../testdata/golden"

// goldenMethod is ECED on the toy stack without stage A, whose activation maps the toy classifier isn't made for.
func goldenMethod(t *testing.T, o Options) *Method {
	t.Helper()
	m := toy.Models(t, goldens, toy.Options{})
	m.Classifier.CAMLayer = "conv2"
	method, err := New(m, o)
	if err != nil {
		t.Fatal(err)
	}
	return method
}

// mask reads a golden mask [batch, 1, height, width] as [batch, height, width, 1].
func mask(t *testing.T, g *golden.File, name string, height, width int) *tensors.Tensor {
	t.Helper()
	raw := g.Bytes(name)
	values := make([]float32, len(raw))
	for i, b := range raw {
		values[i] = float32(b)
	}
	return tensors.FromFlatDataAndDimensions(values, len(raw)/height/width, height, width, 1)
}

// slice reads part of a golden tensor whose last four axes are [2, 4, 8, 8]: the one at the given place.
func slice(g *golden.File, name string, place int) *tensors.Tensor {
	const size = 2 * 4 * 8 * 8
	values, _ := g.Floats(name)
	data, dims := golden.NHWC(values[place*size:(place+1)*size], []int{2, 4, 8, 8})
	return tensors.FromFlatDataAndDimensions(data, dims...)
}

func near(t *testing.T, name string, got, want *tensors.Tensor, tolerance float64) {
	t.Helper()
	golden.Near(t, name, tensors.MustCopyFlatData[float32](got), tensors.MustCopyFlatData[float32](want), tolerance)
}

func TestBackgroundFittingAgreesWithReference(t *testing.T) {
	for _, name := range []string{"mse", "l1", "latent_only", "decoder_only"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var about struct {
				Losses    []float64 `json:"losses"`
				Kind      string    `json:"loss_kind"`
				Tolerance float64   `json:"tolerance"`
				LrLatent  float64   `json:"lr_latent"`
				LrDecoder float64   `json:"lr_decoder"`
			}
			golden.JSON(t, goldens+"/eced_background_"+name+".json", &about)
			g := golden.Open(t, goldens+"/eced_background_"+name+".safetensors")
			method := goldenMethod(t, Options{BackgroundLoss: about.Kind, LatentRate: &about.LrLatent, DecoderRate: &about.LrDecoder})
			models := method.models
			decoder := models.Diffusion.AutoencoderParams.Subset(models.Diffusion.Autoencoder.DecoderParam)
			decoder, err := decoder.Copy()
			if err != nil {
				t.Fatal(err)
			}
			r := &run{Method: method, mask: mask(t, g, "mask", 32, 32),
				draw: func(name string) *tensors.Tensor {
					k, err := strconv.Atoi(strings.TrimPrefix(name, "background/"))
					if err != nil {
						t.Fatal(err)
					}
					return slice(g, "noises", k)
				}}
			z := g.Tensor("z_init")
			f := fitting{nets: []*nn.Params{decoder, decoder.ZerosLike(), decoder.ZerosLike()}, z: z,
				m: tensors.FromShape(z.Shape()), v: tensors.FromShape(z.Shape())}
			for k, want := range about.Losses {
				loss, err := f.step(r, k, g.Tensor("x"))
				if err != nil {
					t.Fatal(err)
				}
				golden.Near(t, "loss "+strconv.Itoa(k), []float32{float32(loss)}, []float32{float32(want)}, about.Tolerance)
			}
			g.Close(f.z, "z_bg", about.Tolerance)
			for _, p := range decoder.Names() {
				want := g.Tensor(p)
				if want.Rank() == 4 { // golden.Tensor gives NHWC, kernels are HWIO
					data, shape := g.Floats(p)
					want = kernel(data, shape)
				}
				near(t, p, decoder.Get(p), want, about.Tolerance)
			}
		})
	}
}

// kernel turns a stored kernel [out, in, height, width] to [height, width, in, out].
func kernel(data []float32, shape []int) *tensors.Tensor {
	o, in, area := shape[0], shape[1], shape[2]*shape[3]
	out := make([]float32, len(data))
	for a := range o {
		for b := range in {
			for c := range area {
				out[(c*in+b)*o+a] = data[(a*in+b)*area+c]
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(out, shape[2], shape[3], in, o)
}

func TestAdversarialIterationsAgreeWithReference(t *testing.T) {
	for _, name := range []string{"main", "fixed_noise", "stochastic"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var about struct {
				Losses     []float64  `json:"losses"`
				Iterations int        `json:"iterations"`
				Rate       float64    `json:"lr"`
				Eta        float64    `json:"eta"`
				Schedule   []struct{} `json:"schedule"`
				Tolerance  float64    `json:"tolerance"`
			}
			golden.JSON(t, goldens+"/eced_generate_"+name+".json", &about)
			g := golden.Open(t, goldens+"/eced_generate_"+name+".safetensors")
			method := goldenMethod(t, Options{DDIMSteps: 50, DenoiseSteps: len(about.Schedule), Eta: about.Eta, Rate: &about.Rate,
				Iterations: about.Iterations, FreshNoise: name != "fixed_noise", TraceFrames: -1})
			a := goldenAdversary(t, method, g)
			for k, want := range about.Losses {
				near(t, "z_fg", a.foreground, slice(g, "iter.z_fg", k), about.Tolerance)
				it, err := a.iterate(context.Background(), k)
				if err != nil {
					t.Fatal(err)
				}
				golden.Near(t, "loss", []float32{float32(it.loss)}, []float32{float32(want)}, about.Tolerance)
				near(t, "z_final", it.pass.Last(), slice(g, "iter.z_final", k), about.Tolerance)
				near(t, "pruned gradient", it.pruned, slice(g, "iter.grad_pruned", k), about.Tolerance)
				if k == 0 {
					for i, z := range it.pass.States {
						near(t, "latent before step "+strconv.Itoa(i), z, slice(g, "iter0.inter", i), about.Tolerance)
					}
				}
				if k == about.Iterations-1 {
					g.Close(it.image, "x_cf", about.Tolerance)
				}
			}
			g.Close(a.foreground, "z_fg_final", about.Tolerance)
		})
	}
}

// goldenAdversary starts stage C from the golden latents, mask and fitted decoder, with the golden noise.
func goldenAdversary(t *testing.T, method *Method, g *golden.File) *adversary {
	t.Helper()
	steps := len(method.steps)
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	r := &run{Method: method, result: &counterfactual.Result{}, latentMask: mask(t, g, "mask_latent", 8, 8),
		encoded: g.Tensor("z_f"), background: g.Tensor("z_bg"), targets: g.Ints("y"), decoder: nn.NewParams()}
	for _, p := range g.Names() {
		if !strings.HasPrefix(p, "dec.") {
			continue
		}
		data, shape := g.Floats(p)
		value := tensors.FromFlatDataAndDimensions(data, shape...)
		if len(shape) == 4 {
			value = kernel(data, shape)
		}
		r.decoder.Set(p, value)
	}
	r.draw = func(stream string) *tensors.Tensor {
		parts := strings.Split(stream, "/")
		k := number(parts[1])
		switch parts[0] {
		case "start":
			return slice(g, "start_noise", k)
		case "blend":
			return slice(g, "bg_noise", k*steps+number(parts[2]))
		}
		return slice(g, "step_noise", k*steps+number(parts[2]))
	}
	a := &adversary{run: r, foreground: r.encoded, m: tensors.FromShape(r.encoded.Shape()), v: tensors.FromShape(r.encoded.Shape())}
	classes := g.Ints("c")
	a.conditional = tensors.FromFlatDataAndDimensions(classes, len(classes), 1, 1)
	a.unconditional = a.conditional
	return a
}

func TestStoppedRunSaysHowFarItCame(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := stopped(ctx, 3, 10); err == nil || !strings.Contains(err.Error(), "3 of 10") {
		t.Errorf("got %v", err)
	}
}
