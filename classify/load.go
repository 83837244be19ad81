package classify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"otherwise/nn"
	"otherwise/weights"
)

// Load reads a network's parameters from published files; a network of several, such as a backbone and its head, names all of
// them. Tensors that are missing, left over or of another shape than the configuration wants are an error that lists every one.
func Load(backend compute.Backend, model Model, sources ...weights.Source) (*nn.Params, error) {
	wanted, err := nn.Shapes(backend, func(s nn.Scope, a []*Node) { model.Build(s, a[0]) },
		shapes.Make(dtypes.Float32, 1, model.InputSize(), model.InputSize(), 3))
	if err != nil {
		return nil, err
	}
	all := nn.NewParams()
	found := map[string][]int{}
	for _, source := range sources {
		renamed, err := weights.Rename(source, model.Published)
		if err != nil {
			return nil, err
		}
		for _, name := range renamed.Names() {
			if _, twice := found[name]; twice {
				return nil, fmt.Errorf("two of the files have a tensor %q", name)
			}
			_, shape, err := renamed.Info(name)
			if err != nil {
				return nil, err
			}
			found[name] = shape
		}
	}
	if err := compare(wanted, found); err != nil {
		return nil, err
	}
	for _, source := range sources {
		renamed, err := weights.Rename(source, model.Published)
		if err != nil {
			return nil, err
		}
		params, err := nn.LoadParams(renamed)
		if err != nil {
			return nil, err
		}
		for name, value := range params.Tensors() {
			all.Set(name, value)
		}
	}
	return all, nil
}

// compare lists all differences between the tensors that a network wants and those that its files have.
func compare(wanted, found map[string][]int) error {
	var missing, extra, misshapen []string
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		shape, has := found[name]
		switch {
		case !has:
			missing = append(missing, fmt.Sprintf("%s %v", name, wanted[name]))
		case !slices.Equal(shape, wanted[name]):
			misshapen = append(misshapen, fmt.Sprintf("%s is %v, wanted %v", name, shape, wanted[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if _, asked := wanted[name]; !asked {
			extra = append(extra, fmt.Sprintf("%s %v", name, found[name]))
		}
	}
	var problems []string
	for _, p := range []struct {
		what  string
		names []string
	}{{"missing", missing}, {"of another shape", misshapen}, {"that no layer reads", extra}} {
		if len(p.names) > 0 {
			problems = append(problems, fmt.Sprintf("%d tensors %s:\n  %s", len(p.names), p.what, strings.Join(p.names, "\n  ")))
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("the weights don't fit the configuration. %s", strings.Join(problems, "\n"))
	}
	return nil
}
