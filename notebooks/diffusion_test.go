package notebooks

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otherwise/internal/script"
	"otherwise/internal/sdtiny"
)

// stableDiffusion is the notebook whose cells need published weights.
const stableDiffusion = "10-stable-diffusion.ipynb"

// tinyRecipe names small networks of random weights, in the layout of published ones.
const tinyRecipe = `version = 1
name = "tiny"
description = "small networks of random weights"
[image]
width = 64
height = 64
[classes]
names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
[diffusion]
weights = "sd"
prompt = "a photo of a {}."
[classifier]
architecture = "onnx"
weights = "net.onnx"
`

// testStableDiffusion runs the cells that need weights, which the series skips, on small networks.
func testStableDiffusion(t *testing.T, python string) {
	dir := t.TempDir()
	if err := os.Rename(sdtiny.Folder(t, ".."), filepath.Join(dir, "sd")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "net.onnx"), unpacked(t, "../classify/onnx/testdata/resnet.onnx.gz"))
	write(t, filepath.Join(dir, "tiny.toml"), []byte(tinyRecipe))
	photo, err := filepath.Abs("../classify/testdata/chelsea.webp")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, stableDiffusion), withValues(t, stableDiffusion, map[string]string{
		"recipe": "`" + filepath.Join(dir, "tiny.toml") + "`", "photo": "`" + photo + "`",
	}))
	out := t.TempDir()
	execute := script.Command(t, 10*time.Minute, python, "execute.py", "--short", "--kernel", testKernel, "--output", out, filepath.Join(dir, stableDiffusion))
	if err := script.Run(t, execute); err != nil {
		t.Fatalf("execute.py: %v", err)
	}
	ran := 0
	for _, cell := range readNotebook(t, filepath.Join(out, stableDiffusion)).Cells {
		if !strings.Contains(strings.Join(cell.Source, ""), "// Needs the weights.") {
			continue
		}
		ran++
		shown := ""
		for _, o := range cell.Outputs {
			for _, text := range o.forms() {
				shown += text
			}
		}
		if shown == "" || strings.Contains(shown, "Skipped") || strings.Contains(shown, "broken") {
			t.Errorf("cell %s shows %.200q", cell.ID, shown)
		}
	}
	if ran == 0 {
		t.Error("no cell says that it needs the weights")
	}
}

// withValues is a notebook in which variables of the cells with parameters get other values.
func withValues(t *testing.T, path string, values map[string]string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var notebook map[string]any
	if err := json.Unmarshal(raw, &notebook); err != nil {
		t.Fatal(err)
	}
	notebook["metadata"].(map[string]any)["otherwise"] = map[string]any{"short": values}
	if raw, err = json.Marshal(notebook); err != nil {
		t.Fatal(err)
	}
	return raw
}

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
