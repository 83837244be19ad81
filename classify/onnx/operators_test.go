package onnx

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/internal/golden"
	"otherwise/nn"
)

// unpack reads a gzipped test file.
func unpack(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(gz)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// operatorModels are the models of testdata/operators.tar.gz by name, a node or few each.
func operatorModels(t testing.TB) map[string][]byte {
	t.Helper()
	packed := tar.NewReader(strings.NewReader(string(unpack(t, "testdata/operators.tar.gz"))))
	out := map[string][]byte{}
	for {
		h, err := packed.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if out[strings.TrimSuffix(h.Name, ".onnx")], err = io.ReadAll(packed); err != nil {
			t.Fatal(err)
		}
	}
}

// prepared makes a network of a model of any output.
func prepared(t testing.TB, data []byte) (*Network, *nn.Params) {
	t.Helper()
	m, err := parseModel(data)
	if err != nil {
		t.Fatal(err)
	}
	// The tests' pictures have four channels.
	picture, logits, err := port{name: "x", dims: []int{-1, 4, 3, 5}}, "", error(nil)
	if err := m.takeConstants(); err != nil {
		t.Fatal(err)
	}
	if logits, err = m.findOutput(""); err != nil {
		t.Fatal(err)
	}
	if err := m.prune(logits); err != nil {
		t.Fatal(err)
	}
	if err := m.checkOperators(); err != nil {
		t.Fatal(err)
	}
	n := &Network{nodes: m.nodes, opset: m.opset, input: picture.name, logits: logits}
	params, err := n.takeTensors(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n, params
}

// Each operator in all its forms, compared with ONNX's reference evaluator. All are one program, which is compiled sooner than
// many.
func TestOperatorsAgreeWithReference(t *testing.T) {
	g := golden.Open(t, "testdata/operators.safetensors")
	models := operatorModels(t)
	names := slices.Sorted(maps.Keys(models))
	networks, params := make([]*Network, len(names)), make([]*nn.Params, len(names))
	tested := map[string]bool{}
	for i, name := range names {
		networks[i], params[i] = prepared(t, models[name])
		for _, node := range networks[i].nodes {
			tested[node.op] = true
		}
	}
	program := nn.NewProgram(golden.Backend(t), "operators", func(s []nn.Scope, a []*Node) []*Node {
		out := make([]*Node, len(names))
		for i, n := range networks {
			out[i] = n.walk(s[i], a[0], nil)
		}
		return out
	})
	out, err := program.Call(params, g.Tensor("x"))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		want, shape := g.Floats(name)
		if got := out[i].Shape().Dimensions; !slices.Equal(got, shape) {
			t.Errorf("%s: shape %v, want %v", name, got, shape)
			continue
		}
		golden.Near(t, name, tensors.MustCopyFlatData[float32](out[i]), want, 1e-5*(1+largest(want)))
	}
	for op := range operators {
		if !tested[op] && op != "Size" && op != "Upsample" {
			t.Errorf("operator %s is in no test", op)
		}
	}
}

func largest(values []float32) float64 {
	var out float64
	for _, v := range values {
		out = max(out, float64(max(v, -v)))
	}
	return out
}
