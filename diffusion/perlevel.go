package diffusion

import (
	"encoding/json"
	"fmt"
	"slices"
)

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
	if slices.Min(p) < 1 || slices.Max(p) > maxLayers {
		return fmt.Errorf("%s is %v; legal are 1 to %d", name, []int(p), maxLayers)
	}
	return nil
}
