package diagnose

import (
	"errors"
	"math"

	"otherwise/counterfactual"
)

// AngleBins is how many bins of equal width an angle histogram has, from 0 to 180 degrees.
const AngleBins = 18

// Agreement is how far, in one step of LDCE, the classifier's direction agrees with the diffusion model's.
type Agreement struct {
	Step int
	Kept float64 // share of locations that were steered
	// Angles counts the locations by the angle between the two directions. It is nil for a step that isn't a frame of the trace.
	Angles    []int
	Undefined int // locations where a direction has no length, and so no angle; they are kept
}

// Consensus describes the steps of an LDCE result. A result of another method is an error.
func Consensus(r *counterfactual.Result) ([]Agreement, error) {
	var out []Agreement
	for _, s := range r.Steps {
		if s.Kept == nil {
			return nil, errors.New("consensus is LDCE's: this result's steps have none")
		}
		a := Agreement{Step: s.Index}
		for _, v := range s.Kept.Values {
			a.Kept += float64(v) / float64(len(s.Kept.Values))
		}
		if s.Cosines != nil {
			a.Angles = make([]int, AngleBins)
			for _, cosine := range s.Cosines.Values {
				if math.IsNaN(float64(cosine)) {
					a.Undefined++
					continue
				}
				a.Angles[min(AngleBins-1, int(math.Acos(float64(cosine))/math.Pi*AngleBins))]++
			}
		}
		out = append(out, a)
	}
	return out, nil
}
