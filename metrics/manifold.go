package metrics

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// DefaultNeighbours is k of [PrecisionRecall] where a paper gives none (Kynkäänniemi et al. 2019).
const DefaultNeighbours = 3

// PrecisionRecall compares two sets of features by their manifolds (Kynkäänniemi et al. 2019): each point stands for the
// ball that reaches to its k-th nearest neighbour. Precision is the share of counterfactuals within a ball of the
// originals, recall that of originals within a ball of the counterfactuals.
func PrecisionRecall(originals, counterfactuals *mat.Dense, k int) (precision, recall float64, err error) {
	or, oc := originals.Dims()
	cr, cc := counterfactuals.Dims()
	if oc != cc || k < 1 || or <= k || cr <= k {
		return 0, 0, fmt.Errorf("precision and recall of %dx%d and %dx%d features with k = %d: needs more than k pictures a set, k at least 1", or, oc, cr, cc, k)
	}
	return within(counterfactuals, originals, Radii(originals, k)), within(originals, counterfactuals, Radii(counterfactuals, k)), nil
}

// Radii are the distances of each row to its k-th nearest other row.
func Radii(x *mat.Dense, k int) []float64 {
	rows, _ := x.Dims()
	out, distances := make([]float64, rows), make([]float64, rows)
	for i := range out {
		for j := range distances {
			distances[j] = floats.Distance(x.RawRowView(i), x.RawRowView(j), 2)
		}
		slices.Sort(distances)
		out[i] = distances[k] // the first is the row itself
	}
	return out
}

// within is the share of rows that lie in a ball of the reference.
func within(rows, reference *mat.Dense, radii []float64) float64 {
	n, _ := rows.Dims()
	hits := 0
	for i := range n {
		for j, r := range radii {
			if d := floats.Distance(rows.RawRowView(i), reference.RawRowView(j), 2); d <= r && !math.IsNaN(d) {
				hits++
				break
			}
		}
	}
	return float64(hits) / float64(n)
}
