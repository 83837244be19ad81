package bundle

import (
	"fmt"

	"otherwise/counterfactual"
	"otherwise/eced"
	"otherwise/ldce"
)

// MethodNames lists the methods that explain.
func MethodNames() []string { return []string{"ldce", "eced"} }

// Method prepares a method with the options that the bundle stores for it, overlaid by a JSON object of overrides (nil
// for none). A field that the method doesn't have is an error.
func (b *Bundle) Method(name string, overrides []byte) (counterfactual.Method, error) {
	switch name {
	case "ldce":
		var o ldce.Options
		if err := b.options(name, overrides, &o); err != nil {
			return nil, err
		}
		return ldce.New(b.Models, o)
	case "eced":
		var o eced.Options
		if err := b.options(name, overrides, &o); err != nil {
			return nil, err
		}
		return eced.New(b.Models, o)
	}
	return nil, fmt.Errorf("no method %q; legal are %v", name, MethodNames())
}

// options fills in the bundle's stored options, then the overrides.
func (b *Bundle) options(name string, overrides []byte, into any) error {
	if stored := b.methods[name]; len(stored) > 0 {
		if err := strict(stored, into); err != nil {
			return fmt.Errorf("options of %s stored in the bundle: %w", name, err)
		}
	}
	if len(overrides) == 0 {
		return nil
	}
	if err := strict(overrides, into); err != nil {
		return fmt.Errorf("options of %s: %w", name, err)
	}
	return nil
}
