package weights

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MismatchError says in what a file of weights differs from what a network wants. All lists are complete and sorted.
type MismatchError struct {
	Missing   []string   // wanted, but not in the file
	Extra     []string   // in the file, but not wanted
	Misshapen []Misshape // wanted in another shape
}

// Misshape is a tensor of another shape than the network wants.
type Misshape struct {
	Name          string
	Found, Wanted []int // in the layout of files
}

// Diff compares a source's tensors with the shapes that a network wants, by name, in the layout of files. If they
// differ, the error is a *[MismatchError] that lists all differences at once. Tensors of integers that nobody wants are
// no difference: published files keep buffers in them, such as position_ids and num_batches_tracked.
func Diff(src Source, wanted map[string][]int) error {
	var m MismatchError
	found := map[string]bool{}
	for _, name := range src.Names() {
		dtype, shape, err := src.Info(name)
		if err != nil {
			return err
		}
		found[name] = true
		want, isWanted := wanted[name]
		switch {
		case !isWanted && dtype.IsFloat():
			m.Extra = append(m.Extra, name)
		case isWanted && !slices.Equal(shape, want):
			m.Misshapen = append(m.Misshapen, Misshape{name, shape, want})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if !found[name] {
			m.Missing = append(m.Missing, name)
		}
	}
	if len(m.Missing)+len(m.Extra)+len(m.Misshapen) == 0 {
		return nil
	}
	return &m
}

// Error names at most ten tensors of each kind; the fields have them all.
func (m *MismatchError) Error() string {
	misshapen := make([]string, len(m.Misshapen))
	for i, t := range m.Misshapen {
		misshapen[i] = fmt.Sprintf("%s is %v, want %v", t.Name, t.Found, t.Wanted)
	}
	var parts []string
	for _, kind := range []struct {
		what  string
		names []string
	}{{"missing", m.Missing}, {"not wanted", m.Extra}, {"of another shape", misshapen}} {
		if len(kind.names) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s: %s", len(kind.names), kind.what, shorten(kind.names)))
		}
	}
	return "the weights don't fit the network; tensors " + strings.Join(parts, "; ")
}

func shorten(names []string) string {
	const shown = 10
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
