package weights

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writeShards writes a safetensors shard, a torch shard and their index, and returns the index's path.
func writeShards(t *testing.T, index string) string {
	t.Helper()
	dir := t.TempDir()
	err := Write(filepath.Join(dir, "model-1.safetensors"), []Tensor{{"a", F16, []int{2}, []float32{1, 2}}, {"both", U8, []int{1}, []byte{7}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	torch := torchZipOf(t, dict("b", plain, "extra", plain, "both", plain))
	if err := os.WriteFile(filepath.Join(dir, "model-2.bin"), torch, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model.safetensors.index.json")
	if err := os.WriteFile(path, []byte(index), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSharded(t *testing.T) {
	path := writeShards(t, `{"metadata": {"total_size": 8}, "weight_map": {"a": "model-1.safetensors", "b": "model-2.bin", "both": "model-1.safetensors"}}`)
	for _, path := range []string{path, filepath.Dir(path)} {
		src, err := OpenCheckpoint(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a", "b", "both", "extra"}, src.Names()); diff != "" {
			t.Error(diff)
		}
		for name, want := range map[string][]float32{"a": {1, 2}, "b": {1, 2, 3, 4}, "extra": {1, 2, 3, 4}} {
			if got, err := src.Float32(name); err != nil || !cmp.Equal(got, want) {
				t.Errorf("%s is %v (%v), want %v", name, got, err, want)
			}
		}
		if got, err := src.Bytes("both"); err != nil || !cmp.Equal(got, []byte{7}) {
			t.Errorf("both is % x (%v), want that of the index's file", got, err)
		}
		if err := src.Close(); err != nil {
			t.Error(err)
		}
		if _, err := src.Float32("b"); !errors.Is(err, os.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestHostileIndexes(t *testing.T) {
	var many strings.Builder
	for i := range maxShards + 1 {
		fmt.Fprintf(&many, `"t%d":"f%d.safetensors",`, i, i)
	}
	for _, test := range []struct {
		name, index string
		kind        error
		want        string
	}{
		{"files not there", `{"weight_map": {"a": "model-1.safetensors", "b": "gone.bin", "c": "lost.bin"}}`, os.ErrNotExist, "lost.bin"},
		{"tensors not there", `{"weight_map": {"a": "model-2.bin", "c": "model-1.safetensors"}}`, ErrMalformed, "2 tensors of the index are not in their files: a in model-2.bin, c in model-1.safetensors"},
		{"tensor twice and not in the index", `{"weight_map": {"a": "model-1.safetensors", "b": "model-2.bin"}}`, ErrMalformed, `tensor "both" is not in the index, and in model-1.safetensors and model-2.bin`},
		{"folder above", `{"weight_map": {"a": "../model-1.safetensors"}}`, ErrMalformed, "beside the index"},
		{"absolute path", `{"weight_map": {"a": "/etc/passwd"}}`, ErrMalformed, "beside the index"},
		{"itself", `{"weight_map": {"a": "model.safetensors.index.json"}}`, ErrMalformed, "beside the index"},
		{"no name", `{"weight_map": {"a": ""}}`, ErrMalformed, "beside the index"},
		{"tensor twice", `{"weight_map": {"a": "model-1.safetensors", "a": "model-2.bin"}}`, ErrMalformed, `the key "a" comes twice`},
		{"not JSON", `{"weight_map": `, ErrMalformed, "not valid JSON"},
		{"deep JSON", `{"weight_map": {}, "metadata": ` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, ErrMalformed, "depth"},
		{"number as a file", `{"weight_map": {"a": 1}}`, ErrMalformed, "not valid JSON"},
		{"another JSON file", `{"act_fn": "silu", "sample_size": 64}`, ErrUnsupported, "no weight_map"},
		{"many files", `{"weight_map": {` + strings.TrimSuffix(many.String(), ",") + `}}`, ErrTooLarge, "more than 512 files"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := OpenCheckpoint(writeShards(t, test.index))
			if !errors.Is(err, test.kind) || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Errorf("error is %v, want %v with %q", err, test.kind, test.want)
			}
		})
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata": {"total_size": 8}, "weight_map": {"a": "model-1.safetensors", "b": "model-2.bin"}}`))
	f.Add([]byte(`{"weight_map": {"a": "../x"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		places, err := parseIndex(data)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		for _, name := range places {
			if filepath.Base(name) != name || name == ".." || name == "." {
				t.Fatalf("the index leads to %q", name)
			}
		}
	})
}
