package kernel

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
)

// Tensors are tensors by name, such as a network's parameters.
type Tensors = map[string]*tensors.Tensor

// ErrNotKept is returned (wrapped) by [Kept] for a name that nothing is kept under.
var ErrNotKept = errors.New("nothing is kept under that name")

// Keep keeps tensors on the device under a name, for later cells, in place of what had the name. Without an engine they
// are kept for this process.
func Keep(name string, all Tensors) error {
	b, err := Backend()
	if err != nil {
		return err
	}
	if err := keep(b, name, all); err != nil {
		return err
	}
	noteKept(name)
	return nil
}

// Kept gives the tensors kept under a name. They are on the device; reading one copies it here.
func Kept(name string) (Tensors, error) {
	b, err := Backend()
	if err != nil {
		return nil, err
	}
	all, found, err := kept(b, name)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("%q: %w%s", name, ErrNotKept, whoKept(name))
	}
	return all, nil
}

// Once gives the tensors kept under a name on a backend's engine, and where there are none calls load, once, and keeps
// what it gives. On a backend in process it is load. The name should hold a hash of what is loaded.
func Once(b compute.Backend, name string, load func() (Tensors, error)) (Tensors, error) {
	if engine(b) == nil {
		return load()
	}
	all, found, err := kept(b, name)
	if err != nil || found {
		return all, err
	}
	if all, err = load(); err != nil {
		return nil, err
	}
	return all, keep(b, name, all)
}

// local is what is kept without an engine.
var local = struct {
	sync.Mutex
	kept map[string]Tensors
}{kept: map[string]Tensors{}}

func keep(b compute.Backend, name string, all Tensors) error {
	e := engine(b)
	if e == nil {
		local.Lock()
		defer local.Unlock()
		local.kept[name] = maps.Clone(all)
		return nil
	}
	names := slices.Sorted(maps.Keys(all))
	meta, err := json.Marshal(names)
	if err != nil {
		return err
	}
	buffers := make([]compute.Buffer, len(names))
	for i, n := range names {
		if buffers[i], err = all[n].Buffer(b, 0); err != nil {
			return fmt.Errorf("keeping %q: tensor %q: %w", name, n, err)
		}
	}
	return e.Keep(name, meta, buffers)
}

func kept(b compute.Backend, name string) (Tensors, bool, error) {
	e := engine(b)
	if e == nil {
		local.Lock()
		defer local.Unlock()
		all, found := local.kept[name]
		return maps.Clone(all), found, nil
	}
	meta, buffers, found, err := e.Attach(name)
	if err != nil || !found {
		return nil, false, err
	}
	var names []string
	if err := json.Unmarshal(meta, &names); err != nil || len(names) != len(buffers) {
		return nil, false, fmt.Errorf("%q was kept by another program than this package; drop it", name)
	}
	all := Tensors{}
	for i, n := range names {
		if all[n], err = tensors.FromBuffer(buffers[i]); err != nil {
			return nil, false, fmt.Errorf("%q: tensor %q: %w", name, n, err)
		}
	}
	return all, true, nil
}
