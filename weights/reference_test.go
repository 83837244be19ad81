package weights_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otherwise/internal/golden"
	"otherwise/weights"
)

func openReference(t *testing.T, name string) weights.Source {
	t.Helper()
	src, err := weights.OpenCheckpoint(golden.Reference(t, "models", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// TENSORS.md lists every tensor of every file, as torch and the safetensors package see them.
func TestEveryReferenceFile(t *testing.T) {
	list, err := os.ReadFile(golden.Reference(t, "models", "TENSORS.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(list), "\n## ")[1:]
	if len(sections) < 30 {
		t.Fatalf("TENSORS.md describes %d files", len(sections))
	}
	for _, section := range sections {
		name, rest, _ := strings.Cut(section, "\n")
		t.Run(name, func(t *testing.T) {
			src := openReference(t, name)
			unlisted := map[string]bool{}
			for _, name := range src.Names() {
				unlisted[name] = true
			}
			for _, line := range strings.Split(strings.Split(rest, "```")[1], "\n") {
				fields := strings.Fields(line)
				if len(fields) != 3 {
					continue
				}
				delete(unlisted, fields[0])
				dtype, shape, err := src.Info(fields[0])
				if err != nil {
					t.Fatal(err)
				}
				var want []int
				if err := json.Unmarshal([]byte(fields[2]), &want); err != nil {
					t.Fatal(err)
				}
				if !strings.EqualFold(string(dtype), fields[1]) || !cmp.Equal(shape, want) {
					t.Errorf("%s is %s %v, want %s", fields[0], dtype, shape, line)
				}
				if _, err := src.Bytes(fields[0]); err != nil {
					t.Error(err)
				}
			}
			delete(unlisted, "nested.a.b") // of the files that try nesting; the list has those under state_dict only
			if len(unlisted) > 0 {
				t.Errorf("tensors that torch does not see: %v", unlisted)
			}
		})
	}
}

// Checkpoints whose tensors also lie in a safetensors file, under other names.
func TestTwins(t *testing.T) {
	var unet map[string]string // CompVis to diffusers
	text, err := os.ReadFile(golden.Reference(t, "models", "sd/compvis/unet_names.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &unet); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		torch, safetensors string
		rename             func(string) (string, bool)
		tensors            int
	}{
		{"sd/compvis/sd-tiny-unet.ckpt", "sd/unet/diffusion_pytorch_model.safetensors", func(name string) (string, bool) {
			diffusers, ok := unet[name]
			return diffusers, ok
		}, len(unet)},
		{"classifiers/densenet121.pth", "classifiers/densenet121.safetensors", func(name string) (string, bool) {
			return strings.NewReplacer("norm.1", "norm1", "norm.2", "norm2", "conv.1", "conv1", "conv.2", "conv2").Replace(name), true
		}, 139},
	} {
		t.Run(test.torch, func(t *testing.T) {
			src, err := weights.Rename(openReference(t, test.torch), test.rename)
			if err != nil {
				t.Fatal(err)
			}
			twin := openReference(t, test.safetensors)
			if diff := cmp.Diff(twin.Names(), src.Names()); diff != "" {
				t.Fatal(diff)
			}
			if len(src.Names()) != test.tensors {
				t.Errorf("%d tensors, want %d", len(src.Names()), test.tensors)
			}
			for _, name := range twin.Names() {
				sameTensor(t, name, src, twin)
			}
		})
	}
}
