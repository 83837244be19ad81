package verify

import (
	"path"
	"slices"
	"strings"

	"otherwise/internal/golden"
	"otherwise/weights"
)

// fileParts check the readers of weights: element types, views of one storage, nested containers, old and new torch files.
var fileParts = []Part{{Files: "files/expected_contiguous.safetensors",
	Also: []string{"files/*.safetensors", "files/*.pt", "files/*.pth", "files/*.ckpt"}, Run: checkFiles}}

// checkFiles reads every file of weights in the folder: each of its tensors must be the one of that name, bit for bit.
func checkFiles(c *Check) {
	want := c.Golden()
	folder := path.Dir(c.File)
	files, err := list(c.Path(folder))
	if err != nil {
		c.Fatal(err)
	}
	for _, file := range files {
		if file == path.Base(c.File) {
			continue
		}
		src, err := weights.OpenCheckpoint(c.Path(path.Join(folder, file)))
		if err != nil {
			c.Errorf("%s: %v", file, err)
			continue
		}
		checkTensors(c, file, src, want)
		if err := src.Close(); err != nil {
			c.Fatal(err)
		}
	}
}

func checkTensors(c *Check, file string, src weights.Source, want *golden.File) {
	names := src.Names()
	if path.Ext(file) != ".safetensors" { // that holds no views
		for _, name := range want.Names() {
			if !strings.HasPrefix(name, "nested.") && !slices.Contains(names, name) {
				c.Errorf("%s has no tensor %s", file, name)
			}
		}
	}
	for _, name := range names {
		if !want.Has(name) {
			c.Errorf("%s has a tensor %s, which isn't expected", file, name)
			continue
		}
		dtype, shape, err := src.Info(name)
		if err != nil {
			c.Fatal(err)
		}
		wantDType, wantShape, err := want.Source().Info(name)
		if err != nil {
			c.Fatal(err)
		}
		got, err := src.Bytes(name)
		if err != nil {
			c.Fatal(err)
		}
		title := file + "  " + name
		if dtype != wantDType || !slices.Equal(shape, wantShape) {
			c.Errorf("%s is %s %v, want %s %v", title, dtype, shape, wantDType, wantShape)
			continue
		}
		c.Add(title+", bytes", golden.Compare(got, want.Bytes(name), golden.Exact()))
	}
}
