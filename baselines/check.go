package baselines

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// finite reports the first option, by name, that is not a finite number of 0 or more.
func finite(options map[string]float64) error {
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if v := options[name]; !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("%s is %g; it must be a finite number, 0 or more", name, v)
		}
	}
	return nil
}
