package classify_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/classify"
	"otherwise/datasets/picture"
	"otherwise/internal/formula"
	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/setup"
	"otherwise/weights"
)

// A narrow network with weights by formula, compared with the original's code.
func TestEfficientNetLiteAgreesWithTheOriginal(t *testing.T) {
	g := golden.Open(t, "testdata/efficientnet_lite.safetensors")
	m := model(t, "efficientnet-lite3", `{"width_coefficient": 0.4, "num_classes": 12, "image_size": 32, "preprocess": {"resize": 0, "crop": 0}}`).(*classify.EfficientNetLite)
	shapes, err := nn.Shapes(golden.Backend(t), func(s nn.Scope, a []*Node) { m.Build(s, a[0]) }, shapes.Make(dtypes.Float32, 1, m.InputSize(), m.InputSize(), 3))
	if err != nil {
		t.Fatal(err)
	}
	params, err := classify.Load(golden.Backend(t), m, nn.LoadOptions{}, formula.Weights{Shapes: shapes, Gain: 1.4142135})
	if err != nil {
		t.Fatal(err)
	}
	program := nn.NewProgram(golden.Backend(t), "efficientnet-lite", func(s []nn.Scope, a []*Node) []*Node {
		var block *Node
		x := TransposeAllAxes(a[0], 0, 2, 3, 1)
		logits := m.Forward(s[0], x, classify.Watch(func(layer string, n *Node) {
			if layer == "blocks_3" {
				block = n
			}
		}))
		return []*Node{logits, Gradient(ReduceAllSum(Mul(logits, a[1])), x)[0], block}
	})
	out, err := program.Call([]*nn.Params{params}, tensors.FromFlatDataAndDimensions(formula.Values("inputs.x30", 2*3*32*32, 1, 0), 2, 3, 32, 32),
		tensors.FromFlatDataAndDimensions(formula.Values("inputs.cotangent", 24, 1, 0), 2, 12))
	if err != nil {
		t.Fatal(err)
	}
	g.CloseRMS(out[0], "expected.logits", outputTolerance)
	g.CloseRMS(out[1], "expected.grad_x", gradientTolerance)
	g.CloseRMS(out[2], "expected.blocks_3", outputTolerance)
}

// photographs are those of testdata/efficientnet_lite0_photos.json that are there: the one of this folder, and
// scikit-image's where OTHERWISE_PHOTOS names its folder of data.
func photographs(t *testing.T, names []string) map[string]string {
	t.Helper()
	out := map[string]string{"chelsea.webp": filepath.Join("testdata", "chelsea.webp")}
	folder := os.Getenv("OTHERWISE_PHOTOS")
	if folder == "" {
		t.Log("only chelsea.webp is compared: OTHERWISE_PHOTOS does not name scikit-image's folder of data")
		return out
	}
	for _, name := range names {
		if _, here := out[name]; !here {
			out[name] = filepath.Join(folder, name)
		}
	}
	return out
}

// The published weights on real photographs: the original's logits, and its five likeliest classes in order.
func TestEfficientNetLite0ClassifiesAsTheOriginal(t *testing.T) {
	path, found, err := setup.ModelPath("efficientnet-lite0")
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		t.Skip("the published weights are not in the cache: `otherwise models get efficientnet-lite0` fetches them")
	}
	var want map[string]struct {
		Top5   []int     `json:"top5"`
		Logits []float32 `json:"logits"`
	}
	raw, err := os.ReadFile("testdata/efficientnet_lite0_photos.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	source, err := weights.OpenCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	m := model(t, "efficientnet-lite0", "").(*classify.EfficientNetLite)
	params, err := classify.Load(golden.Backend(t), m, nn.LoadOptions{}, source)
	if err != nil {
		t.Fatal(err)
	}
	program := nn.NewProgram(golden.Backend(t), "efficientnet-lite0", func(s []nn.Scope, a []*Node) []*Node {
		return []*Node{m.Forward(s[0], m.Preprocess(a[0]), nil)}
	})
	var names []string
	for name := range want {
		names = append(names, name)
	}
	for name, path := range photographs(t, names) {
		img, err := picture.Open(path, picture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		pixels, size, err := m.Preprocessing.Pixels(img)
		if err != nil {
			t.Fatal(err)
		}
		out, err := program.Call1([]*nn.Params{params}, tensors.FromFlatDataAndDimensions(pixels, 1, size.Y, size.X, 3))
		if err != nil {
			t.Fatal(err)
		}
		logits := tensors.MustCopyFlatData[float32](out)
		golden.Near(t, name, logits, want[name].Logits, 1e-3)
		if got := likeliest(logits, 5); !slices.Equal(got, want[name].Top5) {
			t.Errorf("%s: the likeliest classes are %v, the original says %v", name, got, want[name].Top5)
		}
	}
}

// likeliest are the indices of the n largest values, the largest first.
func likeliest(values []float32, n int) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if values[a] > values[b] {
			return -1
		}
		return 1
	})
	return order[:n]
}
