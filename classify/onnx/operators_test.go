package onnx

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
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

// Each operator in all its forms, compared with ONNX's reference evaluator.
func TestOperatorsAgreeWithReference(t *testing.T) {
	g := golden.Open(t, "testdata/operators.safetensors")
	models := operatorModels(t)
	tested := map[string]bool{}
	for name, data := range models {
		n, params := prepared(t, data)
		for _, node := range n.nodes {
			tested[node.op] = true
		}
		program := nn.NewProgram(golden.Backend(t), name, func(s []nn.Scope, a []*Node) []*Node { return []*Node{n.walk(s[0], a[0], nil)} })
		out, err := program.Call1([]*nn.Params{params}, g.Tensor("x"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, shape := g.Floats(name)
		if got := out.Shape().Dimensions; !slices.Equal(got, shape) {
			t.Errorf("%s: shape %v, want %v", name, got, shape)
			continue
		}
		golden.Near(t, name, tensors.MustCopyFlatData[float32](out), want, 1e-5*(1+largest(want)))
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
