package weights

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteReadsBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	metadata := map[string]string{"format": "pt", "note": "<é> & \"quoted\""}
	err := Write(path, []Tensor{
		{"linear.weight", F32, []int{2, 3}, []float32{1, 2, 3, 4, 5, 6}},
		{"linear.bias", F16, []int{2}, []float32{0.5, -2}},
		{"scale", BF16, nil, []float32{0.25}},
		{"steps", I64, []int{2}, []int64{-1, math.MaxInt64}},
		{"<mask>", U8, []int{3}, []byte{1, 2, 3}},
		{"none", F32, []int{0, 4}, []float32{}},
	}, metadata)
	if err != nil {
		t.Fatal(err)
	}
	file, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if diff := cmp.Diff(metadata, file.Metadata()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string][]float32{"linear.weight": {1, 2, 3, 4, 5, 6}, "linear.bias": {0.5, -2}, "scale": {0.25}, "none": {}} {
		if got, err := file.Float32(name); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s is %v (%v), want %v", name, got, err, want)
		}
	}
	if got, err := file.Int64("steps"); err != nil || !cmp.Equal(got, []int64{-1, math.MaxInt64}) {
		t.Errorf("steps is %v (%v)", got, err)
	}
	if got, err := file.Bytes("<mask>"); err != nil || !bytes.Equal(got, []byte{1, 2, 3}) {
		t.Errorf("<mask> is %v (%v)", got, err)
	}
}

// What the published Python package wrote must come back byte for byte.
func TestMarshalMatchesPublishedWriter(t *testing.T) {
	for _, name := range []string{"dtypes.safetensors", "expected_contiguous.safetensors"} {
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		file, err := Parse(want)
		if err != nil {
			t.Fatal(err)
		}
		data, err := Marshal(tensorsOf(t, file), file.Metadata())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, want) {
			t.Errorf("%s: got\n%q\nwant\n%q", name, data, want)
		}
	}
}

func TestMarshalIsDeterministicAndAligned(t *testing.T) {
	tensors := []Tensor{
		{"b", F32, []int{1}, []float32{1}}, {"a", F32, []int{1}, []float32{2}}, {"odd", U8, []int{3}, []byte{1, 2, 3}},
		{"half", F16, []int{3}, []float32{1, 2, 3}}, {"n", I64, []int{1}, []int64{7}},
	}
	metadata := map[string]string{"x": "1", "y": "2", "z": "3"}
	first, err := Marshal(tensors, metadata)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(tensors)
	second, err := Marshal(tensors, metadata)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("another order of the tensors gives other bytes")
	}
	if length := binary.LittleEndian.Uint64(first); length%8 != 0 {
		t.Errorf("the header has %d bytes, want a multiple of 8", length)
	}
	file, err := Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range file.entries {
		if (file.dataAt+e.begin)%int64(e.dtype.Size()) != 0 {
			t.Errorf("%s of %s begins at byte %d", e.name, e.dtype, file.dataAt+e.begin)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	ok := []float32{1, 2}
	for _, test := range []struct {
		name    string
		tensors []Tensor
		want    string
	}{
		{"duplicate", []Tensor{{"x", F32, []int{2}, ok}, {"x", F16, []int{2}, ok}}, `tensor "x" comes twice`},
		{"too few", []Tensor{{"x", F32, []int{3}, ok}}, "has 2 elements, but shape [3] takes 3"},
		{"scalar with two", []Tensor{{"x", F32, nil, ok}}, "has 2 elements, but shape [] takes 1"},
		{"too few bytes", []Tensor{{"x", F64, []int{1}, []byte{1}}}, "has 1 bytes, but shape [1] of F64 takes 8"},
		{"negative dimension", []Tensor{{"x", F32, []int{-1, -2}, ok}}, "negative dimension"},
		{"overflow", []Tensor{{"x", F32, []int{math.MaxInt, 2}, ok}}, "overflows"},
		{"unknown dtype", []Tensor{{"x", "float32", []int{2}, ok}}, `unknown dtype "float32", legal are`},
		{"no dtype", []Tensor{{Name: "x", Shape: []int{2}, Data: ok}}, `unknown dtype ""`},
		{"floats as integers", []Tensor{{"x", I64, []int{2}, ok}}, "has dtype I64, []float32 data takes F16 BF16 F32"},
		{"integers as floats", []Tensor{{"x", F32, []int{2}, []int64{1, 2}}}, "has dtype F32, []int64 data takes I64"},
		{"float64", []Tensor{{"x", F64, []int{1}, []float64{1}}}, "data is []float64, legal are []float32, []int64 and []byte"},
		{"nil", []Tensor{{"x", F32, []int{0}, nil}}, "data is <nil>"},
		{"reserved name", []Tensor{{"__metadata__", F32, []int{2}, ok}}, "the name must be"},
		{"name is not UTF-8", []Tensor{{"\xff", F32, []int{2}, ok}}, "the name must be valid UTF-8"},
		{"too many dimensions", []Tensor{{"x", F32, slices.Repeat([]int{1}, 65), ok[:1]}}, "has 65 dimensions, at most 64"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Marshal(test.tensors, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error is %v, want one with %q", err, test.want)
			}
		})
	}
	if _, err := Marshal(nil, map[string]string{"k": "\xff"}); err == nil || !strings.Contains(err.Error(), "not valid UTF-8") {
		t.Errorf("metadata that is not UTF-8: %v", err)
	}
}

func ExampleMarshal() {
	data, err := Marshal([]Tensor{{Name: "bias", DType: F16, Shape: []int{3}, Data: []float32{0.5, 1, -2}}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := Parse(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	values, err := file.Float32("bias")
	fmt.Println(file.Names(), values, err)
	// Output: [bias] [0.5 1 -2] <nil>
}
