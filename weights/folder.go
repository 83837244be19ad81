package weights

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// published lists the names under which diffusers, transformers and open_clip publish the weights of a component, the best
// first: safetensors before pickles, float32 before half precision, which has "fp16" in its names.
var published = func() []string {
	var names []string
	for _, kind := range []string{"safetensors", "bin"} {
		for _, variant := range []string{"", ".fp16"} {
			for _, stem := range []string{"diffusion_pytorch_model", "model", "pytorch_model", "open_clip_model", "open_clip_pytorch_model"} {
				names = append(names, stem+variant+"."+kind, stem+"."+kind+".index"+variant+".json", stem+variant+"."+kind+".index.json")
			}
		}
	}
	return names
}()

// extensions are those of files that can only be weights.
var extensions = []string{".safetensors", ".ckpt", ".pth", ".pt", ".bin", ".tar"}

// FindWeights returns the file of weights in a folder, such as the unet of a diffusers model: see [ChooseWeights]. It may
// be an index of several files, see [OpenSharded].
func FindWeights(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	name, err := ChooseWeights(names)
	if err != nil {
		return "", fmt.Errorf("folder %s %w", dir, err)
	}
	return filepath.Join(dir, name), nil
}

// ChooseWeights returns the file of weights among the names of a folder's files: one of the names that diffusers,
// transformers and open_clip use, or else the only one of a known extension. Float32 is preferred to half precision and
// safetensors to PyTorch's files.
func ChooseWeights(names []string) (string, error) {
	for _, name := range published {
		if slices.Contains(names, name) {
			return name, nil
		}
	}
	var others []string
	for _, name := range names {
		if slices.Contains(extensions, filepath.Ext(name)) {
			others = append(others, name)
		}
	}
	switch len(others) {
	case 0:
		return "", fmt.Errorf("has no weights: legal are %s, ..., or one file that ends in %s", strings.Join(published[:4], ", "), strings.Join(extensions, ", "))
	case 1:
		return others[0], nil
	}
	return "", fmt.Errorf("has several files of weights, name one of them: %s", strings.Join(others, ", "))
}
