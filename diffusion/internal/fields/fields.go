// Package fields reads published configurations, of which this program implements a part.
package fields

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Kind is one kind of published configuration, such as that of a U-Net, to be read into a struct with json tags.
type Kind struct {
	Name string // for messages
	// Ignored are fields that don't change what is computed.
	Ignored []string
	// Fixed are fields that do, with the values, as JSON, for which this program computes the same.
	Fixed map[string][]string
}

// Parse decodes a configuration over the defaults that into holds. A field that is neither into's nor known here is
// accepted where it is null or false, that is, switched off; any other is an error, as it may change the network. All
// fields that are wrong are reported at once.
func (k Kind) Parse(raw []byte, into any) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return fmt.Errorf("%s configuration: %w", k.Name, err)
	}
	implemented := jsonFields(reflect.TypeOf(into).Elem())
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := string(bytes.TrimSpace(given[name]))
		if legal, known := k.Fixed[name]; known {
			if !slices.ContainsFunc(legal, func(l string) bool { return sameJSON(l, value) }) {
				wrong = append(wrong, fmt.Errorf("%s configuration: %s is %s; known is %s", k.Name, name, value, strings.Join(legal, " or ")))
			}
			delete(given, name)
			continue
		}
		switch {
		case implemented[name] && value == "null": // the default
		case implemented[name]:
			continue
		case strings.HasPrefix(name, "_") || slices.Contains(k.Ignored, name):
		case value != "null" && value != "false":
			wrong = append(wrong, fmt.Errorf("%s configuration: %s is %s, and this program doesn't know what that changes", k.Name, name, value))
		}
		delete(given, name)
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	known, err := json.Marshal(given)
	if err != nil {
		return fmt.Errorf("%s configuration: %w", k.Name, err)
	}
	if err := json.Unmarshal(known, into); err != nil {
		return fmt.Errorf("%s configuration: %w", k.Name, err)
	}
	return nil
}

// jsonFields are the names of a struct's fields in JSON, those of embedded structs among them.
func jsonFields(t reflect.Type) map[string]bool {
	out := map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			out[name] = true
		}
	}
	return out
}

// sameJSON compares two JSON values, such as 1 and 1.0.
func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}
