package weights

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fileNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func mustLoad(t *testing.T, dir string) *Bundle {
	t.Helper()
	b, err := LoadBundle(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// One network is trained anew: the other stays, the old file goes, and files that are not the bundle's are not touched.
func TestSaveBundleReplacesOneNetwork(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	b, tensors := testBundle()
	if err := SaveBundle(dir, b, tensors); err != nil {
		t.Fatal(err)
	}
	before := fileNames(t, dir)
	for _, name := range []string{"README.md", "classifier.safetensors", ".classifier-0123456789abcdef.safetensors99", ".bundle.json7"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loaded := mustLoad(t, dir)
	err := SaveBundle(dir, loaded, map[string][]Tensor{"classifier": {{"conv.weight", F16, []int{1}, []float32{9}}}})
	if err != nil {
		t.Fatal(err)
	}
	again := mustLoad(t, dir)
	if got := networkValues(t, again, "classifier", "conv.weight"); !cmp.Equal(got, []float32{9}) {
		t.Errorf("conv.weight is %v", got)
	}
	if got := networkValues(t, again, "autoencoder", "encoder.weight"); !cmp.Equal(got, []float32{3, 4, 5}) {
		t.Errorf("encoder.weight is %v", got)
	}
	want := []string{"README.md", again.Networks["autoencoder"].File, "bundle.json", again.Networks["classifier"].File, "classifier.safetensors"}
	slices.Sort(want)
	if diff := cmp.Diff(want, fileNames(t, dir)); diff != "" {
		t.Error(diff)
	}
	if !slices.Contains(before, again.Networks["autoencoder"].File) || slices.Contains(before, again.Networks["classifier"].File) {
		t.Errorf("files are %v, were %v", fileNames(t, dir), before)
	}
}

// A bundle from anywhere, such as one embedded in a program, can be saved to a folder as it is.
func TestSaveBundleCopies(t *testing.T) {
	source, err := LoadBundle(savedBundle(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := SaveBundle(dir, source, nil); err != nil {
		t.Fatal(err)
	}
	want, err := source.Hash()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := mustLoad(t, dir).Hash(); err != nil || got != want {
		t.Errorf("the copy's hash is %s (%v), want %s", got, err, want)
	}
}

// Whatever fails, the bundle that was there can still be loaded.
func TestFailedSaveKeepsOldBundle(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Bundle, map[string][]Tensor)
		want   string
	}{
		{"number that F16 cannot hold", func(_ *Bundle, tensors map[string][]Tensor) {
			tensors["classifier"][0].Data = []float32{1e6, 0}
		}, `network "classifier": safetensors: tensor "conv.weight": element 0`},
		{"no tensors", func(_ *Bundle, tensors map[string][]Tensor) { delete(tensors, "classifier") }, `network "classifier": has no tensors`},
		{"tensors of no network", func(_ *Bundle, tensors map[string][]Tensor) { tensors["denoiser"] = nil }, `tensors for "denoiser", which is not among the networks ["autoencoder" "classifier"]`},
		{"configuration is not JSON", func(b *Bundle, _ map[string][]Tensor) { b.Methods["ldce"] = json.RawMessage(`{`) }, "unexpected end of JSON input"},
		{"configuration has a key twice", func(b *Bundle, _ map[string][]Tensor) { b.Methods["ldce"] = json.RawMessage(`{"a":1,"a":2}`) }, `"a" comes twice`},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			b, tensors := testBundle()
			if err := SaveBundle(dir, b, tensors); err != nil {
				t.Fatal(err)
			}
			before := fileNames(t, dir)
			b, tensors = testBundle()
			tensors["autoencoder"][0].Data = []float32{7, 8, 9}
			test.change(b, tensors)
			if err := SaveBundle(dir, b, tensors); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error is %v, want one with %q", err, test.want)
			}
			if diff := cmp.Diff(before, fileNames(t, dir)); diff != "" {
				t.Error(diff)
			}
			if got := networkValues(t, mustLoad(t, dir), "autoencoder", "encoder.weight"); !cmp.Equal(got, []float32{3, 4, 5}) {
				t.Errorf("encoder.weight is %v", got)
			}
		})
	}
}

// A file of the source changes after it was loaded: the copy must not pass it on.
func TestSaveBundleNoticesChangedSource(t *testing.T) {
	files := savedBundle(t)
	source, err := LoadBundle(files)
	if err != nil {
		t.Fatal(err)
	}
	file := files[fileNamed(t, files, "classifier")]
	file.Data[len(file.Data)-1] ^= 1
	dir := t.TempDir()
	if err := SaveBundle(dir, source, nil); err == nil || !strings.Contains(err.Error(), "it was changed") {
		t.Errorf("error is %v", err)
	}
	if slices.Contains(fileNames(t, dir), "bundle.json") {
		t.Error("bundle.json was written all the same")
	}
}
