package classify

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
	"otherwise/weights"
)

// Load reads a network's parameters from published files; a network of several, such as a backbone and its head, names all of
// them. Tensors that are missing, left over or of another shape than the configuration wants are a *[weights.MismatchError] that
// lists every one. The backend is asked for shapes; see [nn.LoadOptions] for where the parameters go.
func Load(backend compute.Backend, model Model, o nn.LoadOptions, sources ...weights.Source) (*nn.Params, error) {
	wanted, err := nn.Shapes(backend, func(s nn.Scope, a []*Node) { model.Build(s, a[0]) },
		shapes.Make(dtypes.Float32, 1, model.InputSize(), model.InputSize(), 3))
	if err != nil {
		return nil, err
	}
	renamed := make([]weights.Source, len(sources))
	for i, source := range sources {
		if renamed[i], err = weights.Rename(source, model.Published); err != nil {
			return nil, err
		}
	}
	joined, err := weights.Join(renamed...)
	if err != nil {
		return nil, err
	}
	if err := weights.Diff(joined, wanted); err != nil {
		return nil, err
	}
	return nn.Load(joined, o)
}
