package verify

import (
	"fmt"
	"math"

	"otherwise/cam"
	"otherwise/eced"
	"otherwise/internal/golden"
)

// checkPropositions checks the numbers behind the paper's propositions, and that the properties hold on the stored gradient.
func checkPropositions(c *Check) {
	var about struct {
		Rows []struct {
			Delta      float64   `json:"delta"`
			Foreground []int32   `json:"foreground"`
			Norm       []float64 `json:"norm"`
			NormPruned []float64 `json:"norm_pruned"`
			Inner      []float64 `json:"inner"`
			Diff       []float64 `json:"diff"`
			Cos        []float64 `json:"cos"`
		} `json:"rows"`
		Limit struct {
			Star   float64   `json:"delta_star"`
			At     []float64 `json:"diff_at_star"`
			Strict []float64 `json:"diff_strict"`
			Below  sequence  `json:"from_below"`
			Above  sequence  `json:"from_above"`
		} `json:"limit"`
		Tolerance float64 `json:"tolerance"`
	}
	c.About(&about)
	within := golden.Absolute(about.Tolerance)
	g := c.Golden()
	gradients, maps := grids(g, "grad"), grids(g, "cam")
	for i, gradient := range gradients {
		r := eced.Regions{Map: maps[i], Factor: maps[i].Height / gradient.Height, Mode: cam.Any}
		at := func(delta float64, strict bool) (eced.Deviation, int32, []float32) {
			m, err := r.Mask(delta, strict)
			if err != nil {
				c.Fatal(err)
			}
			n := int32(0)
			for _, v := range m.Values {
				n += int32(v)
			}
			return eced.Deviate(gradient, m), n, chw(*eced.Prune(gradient, m))
		}
		var deltas []float64
		for _, row := range about.Rows {
			deltas = append(deltas, row.Delta)
			d, n, pruned := at(atLeast(row.Delta), false)
			name := fmt.Sprintf("gradient %d, delta %g", i, row.Delta)
			c.Integers(name+": foreground", []int32{n}, row.Foreground[i:i+1])
			c.Numbers(name+": norm, norm pruned, inner, diff, cos", []float64{d.Norm, d.NormPruned, d.Inner, d.Diff, d.Cos},
				[]float64{row.Norm[i], row.NormPruned[i], row.Inner[i], row.Diff[i], row.Cos[i]}, within)
			stored, _ := g.Floats(fmt.Sprintf("pruned_%g", row.Delta))
			c.Near(name+": pruned", pruned, stored[i*len(pruned):(i+1)*len(pruned)], golden.Exact())
		}
		atStar, _, _ := at(about.Limit.Star, false)
		strict, _, _ := at(about.Limit.Star, true)
		c.Numbers(fmt.Sprintf("gradient %d: diff at the limit, strict", i), []float64{atStar.Diff, strict.Diff},
			[]float64{about.Limit.At[i], about.Limit.Strict[i]}, within)
		for from, s := range map[string]sequence{"below": about.Limit.Below, "above": about.Limit.Above} {
			var got, want []float64
			for k, delta := range s.Deltas {
				d, _, _ := at(atLeast(delta), false)
				got, want = append(got, d.Diff), append(want, s.Diff[k][i])
			}
			c.Numbers(fmt.Sprintf("gradient %d: diff of thresholds from %s", i, from), got, want, within)
		}
		properties, err := eced.CheckPruning(gradient, r, deltas, about.Limit.Star)
		if err != nil {
			c.Fatal(err)
		}
		for _, p := range properties {
			c.True(fmt.Sprintf("gradient %d: %s, %s", i, p.Name, p.Says), p.Holds)
		}
	}
}

// atLeast is the smallest float32 that is not below a threshold. The reference compares in float64, and a map's values are float32:
// those that are at least the one are at least the other.
func atLeast(delta float64) float64 {
	rounded := float32(delta)
	if float64(rounded) < delta {
		rounded = math.Nextafter32(rounded, 2)
	}
	return float64(rounded)
}

// sequence is a sequence of thresholds with the deviations of each gradient.
type sequence struct {
	Deltas []float64   `json:"deltas"`
	Diff   [][]float64 `json:"diff"`
}
