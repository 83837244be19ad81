package weights

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindWeights(t *testing.T) {
	for _, test := range []struct {
		name  string
		files string
		want  string // the file, or after "error: " a part of the error
	}{
		{"diffusers", "config.json diffusion_pytorch_model.bin diffusion_pytorch_model.fp16.safetensors diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.safetensors"},
		{"transformers", "config.json model.safetensors pytorch_model.bin", "model.safetensors"},
		{"sharded", "model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json", "model.safetensors.index.json"},
		{"sharded half precision", "diffusion_pytorch_model-00001-of-00002.fp16.safetensors diffusion_pytorch_model.safetensors.index.fp16.json", "diffusion_pytorch_model.safetensors.index.fp16.json"},
		{"half precision only", "config.json model.fp16.safetensors pytorch_model.bin", "model.fp16.safetensors"},
		{"pickle only", "config.json pytorch_model.bin", "pytorch_model.bin"},
		{"sharded pickle", "pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin pytorch_model.bin.index.json", "pytorch_model.bin.index.json"},
		{"one file of any name", "README.md v1-5-pruned.ckpt", "v1-5-pruned.ckpt"},
		{"several", "a.ckpt b.safetensors", "error: name one of them: a.ckpt, b.safetensors"},
		{"none", "config.json", "error: has no weights"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range strings.Fields(test.files) {
				if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(filepath.Join(dir, "folder.safetensors"), 0o700); err != nil {
				t.Fatal(err)
			}
			got, err := FindWeights(dir)
			if part, wantError := strings.CutPrefix(test.want, "error: "); wantError {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("error is %v, want one with %q", err, part)
				}
				return
			}
			if err != nil || got != filepath.Join(dir, test.want) {
				t.Errorf("found %s (%v), want %s", got, err, test.want)
			}
		})
	}
	if _, err := FindWeights(filepath.Join(t.TempDir(), "missing")); !os.IsNotExist(err) {
		t.Errorf("a missing folder: %v", err)
	}
}
