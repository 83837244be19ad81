package nn_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
	"otherwise/weights"
)

func layer(s nn.Scope, x *Node) *Node {
	return nn.Linear(s.Sub("head"), ReduceMean(nn.Conv2D(s.Sub("conv"), x, 3, 3), 1, 2), 2)
}

func create(t *testing.T, seed uint64) *nn.Params {
	t.Helper()
	p, err := nn.Create(golden.Backend(t), seed, func(s nn.Scope, a []*Node) { layer(s, a[0]) },
		shapes.Make(dtypes.Float32, 1, 4, 4, 2))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCreateIsSeededByName(t *testing.T) {
	a, b, other := create(t, 1), create(t, 1), create(t, 2)
	want := "conv.bias conv.weight head.bias head.weight"
	if got := strings.Join(a.Names(), " "); got != want {
		t.Fatalf("parameters %q, want %q", got, want)
	}
	if !a.Get("conv.weight").Equal(b.Get("conv.weight")) {
		t.Error("one seed gave two initial values")
	}
	if a.Get("conv.weight").Equal(other.Get("conv.weight")) {
		t.Error("two seeds gave one initial value")
	}
	if a.Size() != 3*3*2*3+3+3*2+2 {
		t.Errorf("%d parameters", a.Size())
	}
}

func TestExportAndLoadAreInverse(t *testing.T) {
	p := create(t, 1)
	exported, err := p.Export(weights.F32)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := weights.Marshal(exported, nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, shape, err := file.Info("conv.weight"); err != nil || shape[0] != 3 || shape[1] != 2 || shape[3] != 3 {
		t.Errorf("kernel stored as %v (%v), want [out, in, height, width] = [3 2 3 3]", shape, err)
	}
	back, err := nn.LoadParams(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range p.Names() {
		if !p.Get(name).Equal(back.Get(name)) {
			t.Errorf("%s changed on the way", name)
		}
	}
}

func TestProgramNamesWhatDoesNotFit(t *testing.T) {
	program := nn.NewProgram(golden.Backend(t), "toy", func(s []nn.Scope, a []*Node) []*Node { return []*Node{layer(s[0], a[0])} })
	x := tensors.FromShape(shapes.Make(dtypes.Float32, 1, 4, 4, 2))
	missing := create(t, 1).Subset(func(name string) bool { return name != "conv.weight" })
	if _, err := program.Call([]*nn.Params{missing}, x); err == nil || !strings.Contains(err.Error(), `"conv.weight"`) {
		t.Errorf("missing parameter: %v", err)
	}
	wrong := create(t, 1)
	wrong.Set("head.weight", tensors.FromShape(shapes.Make(dtypes.Float32, 5, 5)))
	if _, err := program.Call([]*nn.Params{wrong}, x); err == nil || !strings.Contains(err.Error(), "[5 5]") {
		t.Errorf("wrong shape: %v", err)
	}
	good := create(t, 1)
	if _, err := program.Call([]*nn.Params{good}, x); err != nil {
		t.Fatal(err)
	}
	if _, err := program.Call([]*nn.Params{wrong}, x); err == nil || !strings.Contains(err.Error(), "head.weight") {
		t.Errorf("wrong shape after a good call: %v", err)
	}
	if _, err := program.Call([]*nn.Params{good}, struct{}{}); err == nil || !strings.Contains(err.Error(), "argument 0") {
		t.Errorf("an argument that is no tensor: %v", err)
	}
	broken := nn.NewProgram(golden.Backend(t), "broken", func(_ []nn.Scope, a []*Node) []*Node { return []*Node{Reshape(a[0], 7)} })
	if _, err := broken.Call(nil, x); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("a graph that cannot be built: %v", err)
	}
}

func TestProgramUsesTheNetworkItIsCalledWith(t *testing.T) {
	program := nn.NewProgram(golden.Backend(t), "toy", func(s []nn.Scope, a []*Node) []*Node { return []*Node{layer(s[0], a[0])} })
	x := tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "x", 32), 1, 4, 4, 2)
	first, err := program.Call1([]*nn.Params{create(t, 1)}, x)
	if err != nil {
		t.Fatal(err)
	}
	second, err := program.Call1([]*nn.Params{create(t, 2)}, x)
	if err != nil {
		t.Fatal(err)
	}
	if first.InDelta(second, 1e-6) {
		t.Error("two networks gave one result")
	}
}

func TestSpaceToDepthAndBack(t *testing.T) {
	program := nn.NewProgram(golden.Backend(t), "fold", func(_ []nn.Scope, a []*Node) []*Node {
		folded := nn.SpaceToDepth(a[0], 2)
		return []*Node{folded, nn.DepthToSpace(folded, 2)}
	})
	x := tensors.FromFlatDataAndDimensions(nn.Gaussian(1, "x", 2*4*6*3), 2, 4, 6, 3)
	out, err := program.Call(nil, x)
	if err != nil {
		t.Fatal(err)
	}
	if d := out[0].Shape().Dimensions; d[1] != 2 || d[2] != 3 || d[3] != 12 {
		t.Errorf("folded to %v", d)
	}
	golden.Near(t, "unfolded", tensors.MustCopyFlatData[float32](out[1]), tensors.MustCopyFlatData[float32](x), 0)
}

func TestStreamsAreIndependent(t *testing.T) {
	a, b := nn.Gaussian(1, "a", 4), nn.Gaussian(1, "b", 4)
	again := nn.Gaussian(1, "a", 4)
	for i := range a {
		if a[i] == b[i] || a[i] != again[i] {
			t.Fatalf("streams a %v, b %v, a again %v", a, b, again)
		}
	}
}
