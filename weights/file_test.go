package weights

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// tensorsOf returns all of a file's tensors as they stand in it.
func tensorsOf(t *testing.T, file *File) []Tensor {
	t.Helper()
	var tensors []Tensor
	for _, name := range file.Names() {
		dtype, shape, err := file.Info(name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := file.Bytes(name)
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, Tensor{Name: name, DType: dtype, Shape: shape, Data: data})
	}
	return tensors
}

// sameContent fails the test unless both files hold the same tensors and metadata.
func sameContent(t *testing.T, a, b *File) {
	t.Helper()
	if diff := cmp.Diff(tensorsOf(t, a), tensorsOf(t, b), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("tensors differ (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(a.Metadata(), b.Metadata(), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("metadata differs (-first +second):\n%s", diff)
	}
}

// dtypes.safetensors was written by the published Python package.
func TestOpenPublishedFormat(t *testing.T) {
	file, err := Open(filepath.Join("testdata", "dtypes.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if diff := cmp.Diff(map[string]string{"format": "pt"}, file.Metadata()); diff != "" {
		t.Error(diff)
	}
	names := []string{"bf16", "bool", "empty", "f16", "f16_special", "f32", "f64", "i16", "i32", "i64", "i8", "scalar", "u8"}
	if diff := cmp.Diff(names, file.Names()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]struct {
		dtype DType
		shape []int
	}{"bf16": {BF16, []int{3, 4}}, "scalar": {F32, []int{}}, "empty": {F32, []int{0, 3}}, "bool": {Bool, []int{3}}} {
		dtype, shape, err := file.Info(name)
		if err != nil || dtype != want.dtype || !cmp.Equal(shape, want.shape) {
			t.Errorf("%s is %s %v (%v), want %s %v", name, dtype, shape, err, want.dtype, want.shape)
		}
	}
	for name, want := range map[string][]int64{"i64": {-5, 0, 1 << 40}, "i32": {-7, 9}, "i16": {-300, 300}, "i8": {-128, 127}, "u8": {0, 255}} {
		if got, err := file.Int64(name); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s is %v (%v), want %v", name, got, err, want)
		}
	}
	if got, err := file.Bytes("bool"); err != nil || !cmp.Equal(got, []byte{1, 0, 1}) {
		t.Errorf("bool is %v (%v)", got, err)
	}
	if got, err := file.Float32("scalar"); err != nil || !cmp.Equal(got, []float32{2.5}) {
		t.Errorf("scalar is %v (%v)", got, err)
	}
	if got, err := file.Float32("empty"); err != nil || len(got) != 0 {
		t.Errorf("empty is %v (%v)", got, err)
	}
}

// A file on the disk is read in blocks, one in memory at once; both must give the same.
func TestOpenAndParseAgree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.safetensors")
	values := make([]float32, 150_001) // three blocks, the last one short
	for i := range values {
		values[i] = float32(i)
	}
	if err := Write(path, []Tensor{{"x", F32, []int{len(values)}, values}, {"b", Bool, []int{1}, []byte{1}}}, nil); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	disk, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()

	var readers sync.WaitGroup
	for _, file := range []*File{disk, disk, memory, memory} {
		readers.Go(func() {
			if got, err := file.Float32("x"); err != nil || !slices.Equal(got, values) {
				t.Errorf("Float32 differs from what was written (%v)", err)
			}
		})
	}
	readers.Wait()
}

func TestUnknownTensor(t *testing.T) {
	file, err := Open(filepath.Join("testdata", "dtypes.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	_, _, infoErr := file.Info("conv.weight")
	_, floatErr := file.Float32("conv.weight")
	_, intErr := file.Int64("conv.weight")
	_, bytesErr := file.Bytes("conv.weight")
	for _, err := range []error{infoErr, floatErr, intErr, bytesErr} {
		want := `no tensor is named "conv.weight"; the file has 13: bf16, bool, empty, f16, f16_special, ...`
		if err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("folder: %v", err)
	}
	path := filepath.Join(dir, "bad")
	if err := os.WriteFile(path, []byte("too short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not name %s", err, path)
	}
}

// Every proper beginning of a good file must be refused when it is opened.
func TestTruncatedAnywhere(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "dtypes.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if _, err := Parse(data[:n:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were accepted", n, len(data))
		}
	}
}

func TestTruncatedAfterOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := Write(path, []Tensor{{"x", F32, []int{1000}, make([]float32, 1000)}}, nil); err != nil {
		t.Fatal(err)
	}
	file, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.Truncate(path, 2000); err != nil {
		t.Fatal(err)
	}
	_, floatErr := file.Float32("x")
	_, bytesErr := file.Bytes("x")
	for _, err := range []error{floatErr, bytesErr} {
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), `tensor "x"`) {
			t.Errorf("error is %v", err)
		}
	}
}

func TestClose(t *testing.T) {
	file, err := Open(filepath.Join("testdata", "dtypes.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Float32("f32"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("reading a closed file: %v", err)
	}
	memory, err := Parse(fileOf(`{}`, 0))
	if err != nil {
		t.Fatal(err)
	}
	if err := memory.Close(); err != nil {
		t.Error(err)
	}
}
