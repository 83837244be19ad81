package onnx

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"otherwise/internal/golden"
)

// message builds a protocol buffer message: pairs of a field's number and its value, an int or bytes.
func message(pairs ...any) []byte {
	var out []byte
	for i := 0; i < len(pairs); i += 2 {
		number := protowire.Number(pairs[i].(int))
		switch v := pairs[i+1].(type) {
		case int:
			out = protowire.AppendVarint(protowire.AppendTag(out, number, protowire.VarintType), uint64(v))
		case string:
			out = protowire.AppendString(protowire.AppendTag(out, number, protowire.BytesType), v)
		case []byte:
			out = protowire.AppendBytes(protowire.AppendTag(out, number, protowire.BytesType), v)
		}
	}
	return out
}

// modelOf wraps the parts of a graph.
func modelOf(opset int, parts ...any) []byte {
	return message(1, 8, 7, message(parts...), 8, message(2, opset))
}

// portOf is a value of floats of the given shape; 0 is open.
func portOf(name string, dims ...int) []byte {
	var shape []any
	for _, d := range dims {
		shape = append(shape, 1, message(1, d))
	}
	return message(1, name, 2, message(1, message(1, typeFloat, 2, message(shape...))))
}

// hostileFiles are files that no one should write, by a part of what is said of them.
func hostileFiles() map[string][]byte {
	in, out := portOf("x", 0, 3, 4, 4), portOf("y", 0, 10)
	relu := message(1, "x", 2, "y", 4, "Relu")
	tensor := func(pairs ...any) []byte { return message(append([]any{8, "w", 2, typeFloat}, pairs...)...) }
	return map[string][]byte{
		"damaged protocol buffer":       []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		"no ONNX file":                  message(7, 1),
		"0 graphs":                      {},
		"operator set 99":               modelOf(99, 1, relu, 11, in, 12, out),
		"which nothing before it makes": modelOf(17, 1, message(1, "b", 2, "a", 4, "Relu"), 1, message(1, "a", 2, "b", 4, "Relu"), 11, in, 12, portOf("b")),
		"there already":                 modelOf(17, 1, relu, 1, relu, 11, in, 12, out),
		"nothing makes the output":      modelOf(17, 1, relu, 11, in, 12, portOf("z")),
		"no output":                     modelOf(17, 1, relu, 11, in),
		"needs 2 inputs":                modelOf(17, 1, message(1, "x", 1, "z", 2, "y", 4, "Add"), 11, in, 11, portOf("z", 1), 12, out),
		"comes twice":                   modelOf(17, 1, relu, 5, tensor(1, 0), 5, tensor(1, 0), 11, in, 12, out),
		"wanted is [1, classes]":        modelOf(17, 1, relu, 11, in, 12, out),
		"legal are up to":               modelOf(17, 1, relu, 5, tensor(1, 1<<31-1, 1, 1<<31-1), 11, in, 12, out),
		"has 3 bytes":                   modelOf(17, 1, relu, 5, tensor(1, 1, 9, "abc"), 11, in, 12, out),
		"has 0 values":                  modelOf(17, 1, message(1, "x", 1, "w", 2, "y", 4, "Mul"), 5, tensor(1, 1000000000), 11, in, 12, out),
		"sparse":                        modelOf(17, 1, relu, 15, message(1, "x"), 11, in, 12, out),
		"a name of":                     modelOf(17, 1, message(1, strings.Repeat("x", 5000), 2, "y", 4, "Relu"), 11, in, 12, out),
		"another file that isn't named": modelOf(17, 1, relu, 5, tensor(1, 1, 14, 1), 11, in, 12, out),
		"lies in another file":          modelOf(17, 1, message(1, "x", 1, "w", 2, "y", 4, "Mul"), 5, tensor(1, 1, 14, 1, 13, message(1, "location", 2, "w.data")), 11, in, 12, out),
		"1 or 3 channels":               modelOf(17, 1, relu, 11, portOf("x", 0, 7, 4, 4), 12, out),
		"too large to be computed": modelOf(17, 1, message(1, "s", 2, "z", 4, "ConstantOfShape"), 1, message(1, "x", 1, "z", 2, "y", 4, "Mul"),
			5, message(8, "s", 2, typeInt64, 1, 2, 7, 100000000, 7, 2), 11, in, 12, out),
	}
}

func TestHostComputationIsBounded(t *testing.T) {
	parts := []any{5, message(8, "s", 2, typeInt64, 1, 1, 7, maxFolded), 11, portOf("x", 0, 3, 4, 4), 12, portOf("y")}
	parts = append(parts, 1, message(1, "s", 2, "c0", 4, "ConstantOfShape"))
	for i := range 1000 {
		parts = append(parts, 1, message(1, fmt.Sprint("c", i), 2, fmt.Sprint("c", i+1), 4, "Neg"))
	}
	parts = append(parts, 1, message(1, "x", 1, "c1000", 2, "y", 4, "Mul"))
	began := time.Now()
	if _, err := load(golden.Backend(t), modelOf(17, parts...), nil, Options{}); err == nil || !strings.Contains(err.Error(), "computed on the host") {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	large := modelOf(17, 1, message(1, "x", 1, "", 1, "", 1, "z", 2, "y", 4, "Resize"), 5, message(8, "z", 2, typeInt64, 1, 4, 7, 1, 7, 3, 7, 32000, 7, 32000),
		11, portOf("x", 1, 3, 30000, 30000), 12, portOf("y"))
	if _, err := load(golden.Backend(t), large, nil, Options{}); err == nil || !strings.Contains(err.Error(), "the matrix is too large") {
		t.Errorf("a huge resize: error %v", err)
	}
}

func TestHostileFiles(t *testing.T) {
	for says, data := range hostileFiles() {
		began := time.Now()
		_, err := load(golden.Backend(t), data, nil, Options{})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, wanted one that says %q", err, says)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%q took %s", says, took)
		}
	}
}

func TestAllUnsupportedOperatorsAreListed(t *testing.T) {
	data := modelOf(17, 1, message(1, "x", 2, "a", 3, "first", 4, "LSTM"), 1, message(1, "a", 2, "b", 4, "FancyOp", 7, "com.example"),
		1, message(1, "x", 2, "unused", 4, "NotNeeded"), 1, message(1, "b", 2, "y", 3, "last", 4, "Conv"), 11, portOf("x", 0, 3, 4, 4), 12, portOf("y"))
	_, err := load(golden.Backend(t), data, nil, Options{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{`node "first" (LSTM)`, `node "b" (FancyOp) of "com.example"`, `node "last" (Conv) with 1 inputs`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not list %s", err, part)
		}
	}
	if strings.Contains(err.Error(), "NotNeeded") {
		t.Errorf("%v lists a node that the output doesn't need", err)
	}
}

func TestErrorsNameTheNode(t *testing.T) {
	data := modelOf(17, 1, message(1, "x", 2, "y", 3, "cut", 4, "Reshape", 1, "s"), 5, message(8, "s", 2, typeInt64, 1, 1, 7, 7), 11, portOf("x", 0, 3, 4, 4), 12, portOf("y"))
	if _, err := load(golden.Backend(t), data, nil, Options{}); err == nil || !strings.Contains(err.Error(), `node "cut" (Reshape): shape [1 3 4 4]`) {
		t.Errorf("error %v", err)
	}
}

// No bytes at all may do worse than an error. The corpus is that of testdata/fuzz and the operators' models.
func FuzzLoad(f *testing.F) {
	for _, data := range operatorModels(f) {
		f.Add(data)
	}
	for _, name := range []string{"mobilenet", "vit_dynamo"} {
		f.Add(unpack(f, filepath.Join("testdata", name+".onnx.gz")))
	}
	for _, data := range hostileFiles() {
		f.Add(data)
	}
	external, err := os.ReadFile("testdata/external.onnx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(external)
	backend := golden.Backend(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := load(backend, data, nil, Options{}); err == nil && (c.Network == nil || len(c.Classes) < 2) {
			t.Errorf("neither an error nor a classifier: %+v", c)
		}
	})
}
