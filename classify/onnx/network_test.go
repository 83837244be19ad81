package onnx

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/cam"
	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/internal/golden"
	"otherwise/nn"
)

// opened opens a gzipped model of the tests.
func opened(t testing.TB, name string, o Options) *classify.Classifier {
	t.Helper()
	c, err := load(golden.Backend(t), unpack(t, filepath.Join("testdata", name+".onnx.gz")), nil, o)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

// The networks as torch's two exporters write them, compared with PyTorch: logits, gradient by the picture, activations.
func TestNetworksAgreeWithPyTorch(t *testing.T) {
	g := golden.Open(t, "testdata/models.safetensors")
	files, err := filepath.Glob("testdata/*.onnx.gz")
	if err != nil || len(files) < 8 {
		t.Fatalf("models %v, %v", files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".onnx.gz")
		t.Run(name, func(t *testing.T) {
			family, _, _ := strings.Cut(name, "_")
			c := opened(t, name, Options{})
			var layers []string
			for _, key := range g.Names() {
				if layer, is := strings.CutPrefix(key, name+".layer."); is {
					layers = append(layers, layer)
				}
			}
			program := nn.NewProgram(golden.Backend(t), name, func(s []nn.Scope, a []*Node) []*Node {
				shown := map[string]*Node{}
				logits := c.Network.Forward(s[0], a[0], classify.Watch(func(layer string, n *Node) { shown[layer] = n }))
				out := []*Node{logits, Gradient(ReduceAllSum(Mul(logits, a[1])), a[0])[0]}
				for _, layer := range layers {
					out = append(out, shown[layer])
				}
				return out
			})
			out, err := program.Call([]*nn.Params{c.Params}, g.Tensor(family+".x"), g.Tensor(family+".cotangent"))
			if err != nil {
				t.Fatal(err)
			}
			g.CloseRMS(out[0], family+".logits", 1e-4)
			g.CloseRMS(out[1], family+".grad", 2e-4)
			for i, layer := range layers {
				if !slices.Contains(c.Network.Layers(), layer) {
					t.Errorf("layer %q is not listed", layer)
				}
				g.CloseRMS(out[2+i], name+".layer."+layer, 1e-4)
			}
		})
	}
}

// Networks compute in half precision where asked for.
func TestHalfPrecision(t *testing.T) {
	g := golden.Open(t, "testdata/models.safetensors")
	for _, name := range []string{"mixed", "vit_dynamo"} {
		family, _, _ := strings.Cut(name, "_")
		c := opened(t, name, Options{})
		network := classify.NetworkIn(c.Network, dtypes.BFloat16)
		program := nn.NewProgram(golden.Backend(t), name, func(s []nn.Scope, a []*Node) []*Node { return []*Node{network.Forward(s[0], a[0], nil)} })
		out, err := program.Call1([]*nn.Params{c.Params}, g.Tensor(family+".x"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		g.CloseRMS(out, family+".logits", 0.1)
	}
}

// A batch of any size: the files have an open batch axis.
func TestBatchOfThree(t *testing.T) {
	g := golden.Open(t, "testdata/models.safetensors")
	for _, name := range []string{"vit", "swin_dynamo"} {
		family, _, _ := strings.Cut(name, "_")
		c := opened(t, name, Options{})
		program := nn.NewProgram(golden.Backend(t), name, func(s []nn.Scope, a []*Node) []*Node {
			three := Concatenate([]*Node{a[0], Slice(a[0], AxisElem(0))}, 0)
			logits := c.Network.Forward(s[0], three, nil)
			return []*Node{Slice(logits, AxisRange(0, 2)), Slice(logits, AxisElem(2))}
		})
		out, err := program.Call([]*nn.Params{c.Params}, g.Tensor(family+".x"))
		if err != nil {
			t.Fatal(err)
		}
		g.CloseRMS(out[0], family+".logits", 1e-4)
		logits := tensors.MustCopyFlatData[float32](out[0])
		golden.Near(t, name, tensors.MustCopyFlatData[float32](out[1]), logits[:10], 1e-4)
	}
}

func TestTensorsInAnotherFile(t *testing.T) {
	g := golden.Open(t, "testdata/models.safetensors")
	c, err := Open(golden.Backend(t), "testdata/external.onnx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	program := nn.NewProgram(golden.Backend(t), "external", func(s []nn.Scope, a []*Node) []*Node { return []*Node{c.Logits(s[0], a[0])} })
	out, err := program.Call1([]*nn.Params{c.Params}, g.Tensor("external.x"))
	if err != nil {
		t.Fatal(err)
	}
	g.Close(out, "external.y", 1e-5)
}

func TestTensorsOfForeignFilesAreRefused(t *testing.T) {
	model, err := os.ReadFile("testdata/external.onnx")
	if err != nil {
		t.Fatal(err)
	}
	values, err := os.ReadFile("testdata/external.data")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.Mkdir(filepath.Join(dir, "models"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("outside.dat", values)
	if err := os.Symlink(filepath.Join(dir, "outside.dat"), filepath.Join(dir, "models", "leads.away")); err != nil {
		t.Fatal(err)
	}
	write("models/external.data", values[:len(values)-4])
	for location, says := range map[string]string{ // of the length of external.data
		"../outside.da": "outside.da", "/etc/hostname": "escapes", "leads.away/..": "lies in another file", "external.data": "truncated",
		"external.nope": "no such file",
	} {
		path := write("models/m.onnx", []byte(strings.ReplaceAll(string(model), "external.data", location)))
		if _, err := Open(golden.Backend(t), path, Options{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("location %q: error %v, wanted one that says %q", location, err, says)
		}
	}
	write("models/away.onnx", []byte(strings.ReplaceAll(string(model), "external.data", "leads.away\x00\x00\x00")))
	if _, err := Open(golden.Backend(t), filepath.Join(dir, "models/away.onnx"), Options{}); err == nil {
		t.Error("a location with NUL bytes is no error")
	}
}

func TestPicturesAreResizedToTheFilesSize(t *testing.T) {
	c := opened(t, "mobilenet", Options{Preprocessing: classify.Preprocessing{Mean: []float64{0.5, 0.5, 0.5}, Std: []float64{0.25, 0.25, 0.25}}})
	program := nn.NewProgram(golden.Backend(t), "preprocess", func(_ []nn.Scope, a []*Node) []*Node { return []*Node{c.Network.Preprocess(a[0])} })
	grey := counterfactual.Picture{Height: 30, Width: 20, Channels: 3, Values: slices.Repeat([]float32{0.75}, 30*20*3)}
	batch, err := counterfactual.Batch(grey)
	if err != nil {
		t.Fatal(err)
	}
	out, err := program.Call1(nil, batch)
	if err != nil {
		t.Fatal(err)
	}
	if d := out.Shape().Dimensions; !slices.Equal(d, []int{1, 24, 24, 3}) {
		t.Errorf("input of shape %v", d)
	}
	golden.Near(t, "values", tensors.MustCopyFlatData[float32](out), slices.Repeat([]float32{1}, 24*24*3), 1e-5)
}

func TestOptions(t *testing.T) {
	for says, o := range map[string]Options{
		"std":         {Preprocessing: classify.Preprocessing{Mean: []float64{0, 0, 0}, Std: []float64{0, 1, 1}}},
		"ends with":   {Preprocessing: classify.Preprocessing{Resize: 32, Crop: 28}},
		"no output":   {Output: "nope"},
		"3 names":     {Classes: []string{"a", "b", "c"}},
		"with 1 or 3": {ChannelsLast: true},
	} {
		_, err := load(golden.Backend(t), unpack(t, "testdata/mobilenet.onnx.gz"), nil, o)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: error %v, wanted one that says %q", o, err, says)
		}
	}
}

// The whole way that `otherwise cam` goes, on the layer that is chosen where none is named.
func TestScoreCAMOfAnONNXClassifier(t *testing.T) {
	c := opened(t, "resnet", Options{Preprocessing: classify.Preprocessing{Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}}})
	if c.CAMLayer != "/layers/layers.1/Relu_1_output_0" {
		t.Errorf("CAM layer %q, want the last with positions; all are %q", c.CAMLayer, c.Network.Layers())
	}
	mapper, err := cam.New(golden.Backend(t), c, cam.Options{BatchSize: 8})
	if err != nil {
		t.Fatal(err)
	}
	picture := counterfactual.Picture{Height: 24, Width: 24, Channels: 3, Values: nn.Gaussian(1, "picture", 24*24*3)}
	for i, v := range picture.Values {
		picture.Values[i] = min(max(0.5+v/4, 0), 1)
	}
	m, err := mapper.Map(t.Context(), picture, 3)
	if err != nil {
		t.Fatal(err)
	}
	if m.Height != 24 || m.Width != 24 || slices.Max(m.Values) != 1 || slices.Min(m.Values) != 0 {
		t.Errorf("a map of %dx%d from %g to %g", m.Width, m.Height, slices.Min(m.Values), slices.Max(m.Values))
	}
}
