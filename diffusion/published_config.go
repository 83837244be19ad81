package diffusion

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

// publishedConfig reads the config.json files of one kind of published network into a struct with json tags.
type publishedConfig struct {
	kind string // for messages
	// ignored are fields that don't change what the network computes.
	ignored []string
	// fixed are fields that do, with the values, as JSON, for which this code computes the same.
	fixed map[string][]string
}

// parse decodes a configuration over the defaults that into holds. A field that is neither into's nor known here is
// accepted where it is null or false, that is, switched off; any other is an error, as it may change the network. All
// fields that are wrong are reported at once.
func (p publishedConfig) parse(raw []byte, into any) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return fmt.Errorf("%s configuration: %w", p.kind, err)
	}
	fields := jsonFields(reflect.TypeOf(into).Elem())
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := string(bytes.TrimSpace(given[name]))
		if legal, known := p.fixed[name]; known {
			if !slices.ContainsFunc(legal, func(l string) bool { return sameJSON(l, value) }) {
				wrong = append(wrong, fmt.Errorf("%s configuration: %s is %s; known is %s", p.kind, name, value, strings.Join(legal, " or ")))
			}
			delete(given, name)
			continue
		}
		switch {
		case fields[name] && value == "null": // the default
		case fields[name]:
			continue
		case strings.HasPrefix(name, "_") || slices.Contains(p.ignored, name):
		case value != "null" && value != "false":
			wrong = append(wrong, fmt.Errorf("%s configuration: %s is %s, and this program doesn't know what that changes", p.kind, name, value))
		}
		delete(given, name)
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	known, err := json.Marshal(given)
	if err != nil {
		return fmt.Errorf("%s configuration: %w", p.kind, err)
	}
	if err := json.Unmarshal(known, into); err != nil {
		return fmt.Errorf("%s configuration: %w", p.kind, err)
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

// PerLevel is a number for each level of a network, finest first, or one for all levels. In JSON it is a number or a
// list.
type PerLevel []int

// UnmarshalJSON reads a number, a list or null.
func (p *PerLevel) UnmarshalJSON(raw []byte) error {
	var one int
	if err := json.Unmarshal(raw, &one); err == nil && string(raw) != "null" {
		*p = PerLevel{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]int)(p))
}

// MarshalJSON writes a number where there is one for all levels.
func (p PerLevel) MarshalJSON() ([]byte, error) {
	if len(p) == 1 {
		return json.Marshal(p[0])
	}
	return json.Marshal([]int(p))
}

// At is the number for a level.
func (p PerLevel) At(level int) int {
	if len(p) == 1 {
		return p[0]
	}
	return p[level]
}

// validate checks that there is one number, or one a level, and that all are positive.
func (p PerLevel) validate(name string, levels int) error {
	if len(p) != 1 && len(p) != levels {
		return fmt.Errorf("%s has %d numbers; legal are one, or one for each of %d levels", name, len(p), levels)
	}
	if slices.Min(p) < 1 {
		return fmt.Errorf("%s is %v; it must be positive", name, []int(p))
	}
	return nil
}
