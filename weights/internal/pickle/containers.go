package pickle

import (
	"slices"

	"otherwise/weights/internal/refuse"
)

// container pushes what make does of a copy of values.
func (m *machine) container(values []any, err error, make func(items []any) (any, error)) error {
	if err != nil {
		return err
	}
	if err := m.count(16 * len(values)); err != nil {
		return err
	}
	container, err := make(slices.Clone(values))
	if err != nil {
		return err
	}
	return m.push(container)
}

// extend appends values to the list on top of the stack.
func (m *machine) extend(values []any, err error) error {
	if err != nil {
		return err
	}
	container, err := m.top()
	if err != nil {
		return err
	}
	list, ok := container.(*List)
	if !ok {
		return refuse.Errorf(refuse.ErrMalformed, "items are appended to a %s", kind(container))
	}
	list.Items = append(list.Items, values...)
	return m.count(32 * len(values))
}

// addItems adds values to the set on top of the stack.
func (m *machine) addItems(values []any, err error) error {
	if err != nil {
		return err
	}
	container, err := m.top()
	if err != nil {
		return err
	}
	set, ok := container.(*Set)
	if !ok {
		return refuse.Errorf(refuse.ErrMalformed, "items are added to a %s", kind(container))
	}
	set.Items = append(set.Items, values...)
	return m.count(32 * len(values))
}

// update adds values, keys and values in turns, to the dict on top of the stack.
func (m *machine) update(values []any, err error) error {
	if err != nil {
		return err
	}
	container, err := m.top()
	if err != nil {
		return err
	}
	dict, ok := container.(*Dict)
	if !ok {
		return refuse.Errorf(refuse.ErrMalformed, "items are set in a %s", kind(container))
	}
	if err := m.count(valueSize * len(values)); err != nil {
		return err
	}
	return setItems(dict, values)
}

func setItems(dict *Dict, values []any) error {
	if len(values)%2 != 0 {
		return refuse.Errorf(refuse.ErrMalformed, "a dict has a key without a value")
	}
	for pair := range slices.Chunk(values, 2) {
		if err := dict.Set(pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}
