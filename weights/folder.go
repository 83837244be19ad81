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

// FindWeights returns the file of weights in a folder, such as the unet of a diffusers model: under one of the names that
// diffusers, transformers and open_clip use, or else the only one of a known extension. Float32 is preferred to half
// precision and safetensors to PyTorch's files. It may be an index of several files, see [OpenSharded].
func FindWeights(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var names, others []string
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		names = append(names, entry.Name())
		if slices.Contains(extensions, filepath.Ext(entry.Name())) {
			others = append(others, entry.Name())
		}
	}
	for _, name := range published {
		if slices.Contains(names, name) {
			return filepath.Join(dir, name), nil
		}
	}
	switch len(others) {
	case 0:
		return "", fmt.Errorf("folder %s has no weights: legal are %s, or one file that ends in %s", dir, strings.Join(published[:4], ", ")+", ...", strings.Join(extensions, ", "))
	case 1:
		return filepath.Join(dir, others[0]), nil
	}
	return "", fmt.Errorf("folder %s has several files of weights, name one of them: %s", dir, strings.Join(others, ", "))
}
