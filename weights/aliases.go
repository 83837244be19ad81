package weights

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// target is a tensor of a source.
type target struct {
	src  Source
	name string
}

// aliases is a source whose tensors lie in others, under names of its own.
type aliases struct {
	tensors map[string]target
	sources []Source // closed with it
}

func (a *aliases) Names() []string { return slices.Sorted(maps.Keys(a.tensors)) }

func (a *aliases) find(name string) (target, error) {
	if t, ok := a.tensors[name]; ok {
		return t, nil
	}
	return target{}, noTensor(name, a.Names())
}

func (a *aliases) Info(name string) (DType, []int, error) {
	t, err := a.find(name)
	if err != nil {
		return "", nil, err
	}
	return t.src.Info(t.name)
}

func (a *aliases) Float32(name string) ([]float32, error) {
	t, err := a.find(name)
	if err != nil {
		return nil, err
	}
	return t.src.Float32(t.name)
}

func (a *aliases) Float32Into(name string, dst []float32) error {
	t, err := a.find(name)
	if err != nil {
		return err
	}
	return t.src.Float32Into(t.name, dst)
}

func (a *aliases) Int64(name string) ([]int64, error) {
	t, err := a.find(name)
	if err != nil {
		return nil, err
	}
	return t.src.Int64(t.name)
}

func (a *aliases) Bytes(name string) ([]byte, error) {
	t, err := a.find(name)
	if err != nil {
		return nil, err
	}
	return t.src.Bytes(t.name)
}

func (a *aliases) BytesInto(name string, dst []byte) error {
	t, err := a.find(name)
	if err != nil {
		return err
	}
	return t.src.BytesInto(t.name, dst)
}

func (a *aliases) Close() error {
	var errs []error
	for _, src := range a.sources {
		errs = append(errs, src.Close())
	}
	return errors.Join(errs...)
}

// Join is a source of the tensors of several, such as a backbone and its head, which closes all of them. A tensor that two of
// them have is an error.
func Join(sources ...Source) (Source, error) {
	joined := &aliases{tensors: map[string]target{}, sources: sources}
	var twice []string
	for _, src := range sources {
		for _, name := range src.Names() {
			if _, taken := joined.tensors[name]; taken {
				twice = append(twice, name)
			}
			joined.tensors[name] = target{src, name}
		}
	}
	if len(twice) > 0 {
		return nil, fmt.Errorf("%d tensors are in more than one of the files: %s", len(twice), shorten(twice))
	}
	return joined, nil
}
