package bench

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/diffusion"
	"otherwise/internal/formula"
	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

// The networks of Stable Diffusion 1.5 at their full size, with weights by formula: what a published model takes on this
// machine. bench/compare.py runs these beside PyTorch.

var sdUNet = diffusion.UNet{InChannels: 4, OutChannels: 4, BlockOutChannels: []int{320, 640, 1280, 1280}, LayersPerBlock: 2,
	DownBlockTypes: []string{"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"},
	UpBlockTypes:   []string{"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"},
	AttentionHeads: diffusion.PerLevel{8}, CrossAttentionDim: 768, NormNumGroups: 32, NormEps: 1e-5}

var sdAutoencoder = diffusion.AutoencoderKL{InChannels: 3, OutChannels: 3, LatentChannels: 4,
	BlockOutChannels: []int{128, 256, 512, 512}, LayersPerBlock: 2, NormNumGroups: 32}

// byFormula gives the weights that a network asks for.
func byFormula(b *testing.B, build func(s nn.Scope, a []*Node), inputs ...shapes.Shape) formula.Weights {
	b.Helper()
	asked, err := nn.Shapes(golden.Backend(b), build, inputs...)
	if err != nil {
		b.Fatal(err)
	}
	return formula.Weights{Shapes: asked, Gain: 1, Embedding: 0.5}
}

func unetWeights(b *testing.B) formula.Weights {
	return byFormula(b, func(s nn.Scope, a []*Node) { sdUNet.Eps(s, a[0], a[1], a[2]) }, shapes.Make(dtypes.Float32, 1, 8, 8, 4),
		shapes.Make(dtypes.Int32, 1), shapes.Make(dtypes.Float32, 1, 77, 768))
}

// loaded takes weights to the device, and frees them with the benchmark.
func loaded(b *testing.B, src weights.Source) *nn.Params {
	b.Helper()
	p, err := nn.Load(src, nn.LoadOptions{Backend: golden.Backend(b)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { release(p) })
	return p
}

func release(p *nn.Params) {
	for _, t := range p.Tensors() {
		nn.Free(t)
	}
}

func input(name string, dims ...int) *tensors.Tensor {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return tensors.FromFlatDataAndDimensions(formula.Values(name, n, 1.7, 0), dims...)
}

// measure runs a program once, which compiles it, and then as often as the benchmark wants.
func measure(b *testing.B, build nn.GraphFunc, nets []*nn.Params, args ...any) {
	b.Helper()
	program := nn.NewProgram(golden.Backend(b), b.Name(), build)
	run := func() {
		out, err := program.Call(nets, args...)
		if err != nil {
			b.Fatal(err)
		}
		for _, t := range out {
			if _, err := tensors.CopyFlatData[float32](t); err != nil {
				b.Fatal(err)
			}
		}
		nn.Free(out...)
	}
	began := time.Now()
	run()
	first := time.Since(began)
	for b.Loop() {
		run()
	}
	b.ReportMetric(max(0, (first-b.Elapsed()/time.Duration(b.N)).Seconds()), "compile-s")
}

// BenchmarkStableDiffusionStep is one step of classifier-free guidance at 32x32 latents: a batch of two.
func BenchmarkStableDiffusionStep(b *testing.B) {
	p := loaded(b, unetWeights(b))
	measure(b, func(s []nn.Scope, a []*Node) []*Node {
		u, c := diffusion.EpsPair(sdUNet, s[0], a[0], a[1], a[2], a[3])
		return []*Node{diffusion.GuidedEps(u, c, ConstAs(u, 3.0))}
	}, []*nn.Params{p}, input("latent", 1, 32, 32, 4), []int32{500}, input("nothing", 1, 77, 768), input("prompt", 1, 77, 768))
}

// BenchmarkStableDiffusionStepGradient is the gradient of one noise estimate by its latents, which both methods take.
func BenchmarkStableDiffusionStepGradient(b *testing.B) {
	p := loaded(b, unetWeights(b))
	measure(b, func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{Gradient(ReduceAllSum(Square(sdUNet.Eps(s[0], a[0], a[1], a[2]))), a[0])[0]}
	}, []*nn.Params{p}, input("latent", 1, 32, 32, 4), []int32{500}, input("prompt", 1, 77, 768))
}

// BenchmarkStableDiffusionDecodeGradient decodes 32x32 latents to 256x256 pixels, classifies them by a ResNet-50, and takes the
// gradient of a logit by the latents.
func BenchmarkStableDiffusionDecodeGradient(b *testing.B) {
	model, err := classify.FromConfig("resnet50", nil)
	if err != nil {
		b.Fatal(err)
	}
	network := model.(classify.Network)
	decoder := loaded(b, byFormula(b, func(s nn.Scope, a []*Node) { sdAutoencoder.Decode(s, a[0]) }, shapes.Make(dtypes.Float32, 1, 8, 8, 4)))
	classifier := loaded(b, byFormula(b, func(s nn.Scope, a []*Node) { model.Build(s, a[0]) }, shapes.Make(dtypes.Float32, 1, 224, 224, 3)))
	measure(b, func(s []nn.Scope, a []*Node) []*Node {
		x := diffusion.ToUnit(sdAutoencoder.Decode(s[0], a[0]))
		logits := network.Forward(s[1], network.Preprocess(x), nil)
		return []*Node{logits, Gradient(ReduceAllSum(Slice(logits, AxisRange(), AxisElem(7))), a[0])[0]}
	}, []*nn.Params{decoder, classifier}, input("latent", 1, 32, 32, 4))
}

// BenchmarkStableDiffusionLoad reads the U-Net's 860 million parameters from a safetensors file onto the device. It also gives
// the time in which the same warm file is only read ("cat-s"), and that in which as many tensors of the same shapes, which are there
// already, are only copied to the device ("copy-s").
func BenchmarkStableDiffusionLoad(b *testing.B) {
	source := unetWeights(b)
	path := filepath.Join(b.TempDir(), "unet.safetensors")
	var all []weights.Tensor
	var size int64
	for _, name := range source.Names() {
		values, err := source.Float32(name)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, weights.Tensor{Name: name, DType: weights.F32, Shape: source.Shapes[name], Data: values})
		size += 4 * int64(len(values))
	}
	if err := weights.Write(path, all, nil); err != nil {
		b.Fatal(err)
	}
	all = nil
	began := time.Now()
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{file}, make([]byte, 128<<10)); err != nil {
		b.Fatal(err)
	}
	file.Close()
	cat := time.Since(began)
	copied := copyToDevice(b, source)
	b.SetBytes(size)
	for b.Loop() {
		src, err := weights.OpenCheckpoint(path)
		if err != nil {
			b.Fatal(err)
		}
		p, err := nn.Load(src, nn.LoadOptions{Backend: golden.Backend(b)})
		if err != nil {
			b.Fatal(err)
		}
		src.Close()
		release(p)
	}
	b.ReportMetric(cat.Seconds(), "cat-s")
	b.ReportMetric(copied.Seconds(), "copy-s")
	b.ReportMetric(float64(size)/1e9, "weights-GB")
}

// copyToDevice is the time in which tensors are copied to the device from memory of the host.
func copyToDevice(b *testing.B, source formula.Weights) time.Duration {
	b.Helper()
	p := nn.NewParams()
	defer func() { release(p) }()
	host := map[string]*tensors.Tensor{}
	for _, name := range source.Names() {
		t := tensors.FromShape(shapes.Make(dtypes.Float32, source.Shapes[name]...))
		if err := t.MutableBytes(func(data []byte) {
			for at := 0; at < len(data); at += 4096 { // every page is there
				data[at] = 1
			}
		}); err != nil {
			b.Fatal(err)
		}
		host[name] = t
	}
	began := time.Now()
	for name, t := range host {
		if err := t.ToDevice(golden.Backend(b), 0); err != nil {
			b.Fatal(err)
		}
		p.Set(name, t)
	}
	return time.Since(began)
}
