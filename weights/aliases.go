package weights

import (
	"errors"
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
