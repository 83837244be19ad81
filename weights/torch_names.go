package weights

import (
	"strings"

	"otherwise/weights/internal/pickle"
	"otherwise/weights/internal/refuse"
)

// The limits of names. A pickle of a few bytes can hold a dict that contains itself, or one that is reached along a
// million ways.
const (
	maxDepth   = 32      // dicts in dicts
	maxVisits  = 1 << 17 // dicts and tensors
	maxNameLen = 1024    // bytes of a name
)

// stateDict is the key that most training scripts save their weights under.
const stateDict = "state_dict"

type namedTensor struct {
	name  string
	value *torchTensor
}

// nameTensors finds the tensors in nested dicts. The names are all different.
func nameTensors(root any) ([]namedTensor, error) {
	top, ok := root.(*pickle.Dict)
	if !ok {
		return nil, refuse.Errorf(refuse.ErrUnsupported, "the file holds something else than a dict of tensors by name")
	}
	w := &walker{seen: map[string]bool{}}
	if weights, found := top.Get(stateDict); found {
		if inner, ok := weights.(*pickle.Dict); ok {
			if err := w.walk(inner, "", 1); err != nil {
				return nil, err
			}
			top = without(top, stateDict)
		}
	}
	return w.found, w.walk(top, "", 0)
}

// without returns a dict's items but the one of the given key.
func without(d *pickle.Dict, name string) *pickle.Dict {
	rest := &pickle.Dict{}
	for i, key := range d.Keys {
		if key != any(name) {
			rest.Keys, rest.Values = append(rest.Keys, key), append(rest.Values, d.Values[i])
		}
	}
	return rest
}

type walker struct {
	found  []namedTensor
	seen   map[string]bool
	visits int
}

func (w *walker) walk(d *pickle.Dict, prefix string, depth int) error {
	if depth > maxDepth {
		return refuse.Errorf(refuse.ErrTooLarge, "dicts are nested more than %d deep, or contain themselves, at %.100q", maxDepth, prefix)
	}
	for i, key := range d.Keys {
		name, ok := key.(string)
		if !ok {
			continue // such as the numbers of an optimizer's state, or a class
		}
		switch value := d.Values[i].(type) {
		case *pickle.Dict:
			if err := w.visit(prefix + name); err != nil {
				return err
			}
			if err := w.walk(value, prefix+name+".", depth+1); err != nil {
				return err
			}
		case *torchTensor:
			if err := w.add(prefix+name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walker) visit(name string) error {
	if len(name) > maxNameLen {
		return refuse.Errorf(refuse.ErrTooLarge, "the name %.40q... has %d bytes, at most %d are legal", name, len(name), maxNameLen)
	}
	if w.visits++; w.visits > maxVisits {
		return refuse.Errorf(refuse.ErrTooLarge, "there are more than %d tensors and dicts", maxVisits)
	}
	return nil
}

func (w *walker) add(name string, value *torchTensor) error {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if err := w.visit(name); err != nil {
		return err
	}
	if w.seen[name] {
		return refuse.Errorf(refuse.ErrMalformed, "two tensors are named %.100q", name)
	}
	w.seen[name] = true
	w.found = append(w.found, namedTensor{name, value})
	return nil
}
