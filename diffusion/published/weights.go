package published

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/gomlx/compute"

	"otherwise/nn"
	"otherwise/weights"
)

// Weights are the parameters of one network, in a file that may hold those of others too.
type Weights struct {
	what   string                                          // the network, for messages
	path   string                                          // file, index of shards, or folder
	names  func(string) (string, bool)                     // published names to the network's; false leaves a tensor out
	shapes func(compute.Backend) (map[string][]int, error) // what the network asks for
	config string                                          // the network's configuration, to tell it from others
}

// Load reads the parameters. Tensors that are missing, left over or of another shape than the configuration wants are a
// *[weights.MismatchError] that lists them all.
func (w Weights) Load(backend compute.Backend, o nn.LoadOptions) (*nn.Params, error) {
	params, err := w.load(backend, o)
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", w.what, w.path, err)
	}
	return params, nil
}

func (w Weights) load(backend compute.Backend, o nn.LoadOptions) (*nn.Params, error) {
	wanted, err := w.shapes(backend)
	if err != nil {
		return nil, err
	}
	file, err := weights.OpenCheckpoint(w.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	renamed, err := weights.Rename(file, w.names)
	if err != nil {
		return nil, err
	}
	source := fitted{Source: renamed, wanted: wanted}
	if err := weights.Diff(source, wanted); err != nil {
		return nil, err
	}
	return nn.Load(source, o)
}

// Held reports whether the file has any tensor of the network: some checkpoints hold one network alone.
func (w Weights) Held() (bool, error) {
	file, err := weights.OpenCheckpoint(w.path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	held := slices.ContainsFunc(file.Names(), func(name string) bool { _, keep := w.names(name); return keep })
	return held, nil
}

// Identity tells these parameters from others without reading them: it is a hash of the configuration and of the files'
// paths, sizes and times of change. Equal identities on one machine mean equal parameters.
func (w Weights) Identity() (string, error) {
	files := []string{w.path}
	if info, err := os.Stat(w.path); err != nil {
		return "", fmt.Errorf("%s: %w", w.what, err)
	} else if info.IsDir() || filepath.Ext(w.path) == ".json" { // with shards beside it
		dir := w.path
		if !info.IsDir() {
			dir = filepath.Dir(w.path)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return "", fmt.Errorf("%s: %w", w.what, err)
		}
		for _, e := range entries {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	id, err := weights.Fingerprint(fmt.Sprintf("%s\n%s", w.what, w.config), files...)
	if err != nil {
		return "", fmt.Errorf("%s: %w", w.what, err)
	}
	return id, nil
}

// fitted is a source whose 1x1 kernels can be read as matrices, and matrices as 1x1 kernels, where the network wants them
// so: files differ in that for attention's projections.
type fitted struct {
	weights.Source
	wanted map[string][]int
}

func (f fitted) Info(name string) (weights.DType, []int, error) {
	dtype, shape, err := f.Source.Info(name)
	if want := f.wanted[name]; err == nil && slices.Equal(matrix(shape), matrix(want)) {
		shape = want
	}
	return dtype, shape, err
}

// matrix drops the spatial axes of a 1x1 kernel.
func matrix(shape []int) []int {
	if len(shape) == 4 && shape[2] == 1 && shape[3] == 1 {
		return shape[:2]
	}
	return shape
}
