package viz

import (
	"cmp"
	"slices"
)

// Likeliest draws a classifier's probabilities of a picture as bars: those of the five likeliest classes, or of all where there are
// fewer, the likeliest first.
func Likeliest(classes []string, probabilities []float64) Bars {
	out := Bars{Value: Axis{Label: "probability", Min: 0, Max: 1}, Format: Probability, Series: []Series{{}}}
	order := make([]int, min(len(classes), len(probabilities)))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(probabilities[b], probabilities[a]) })
	for _, c := range order[:min(5, len(order))] {
		out.Labels = append(out.Labels, classes[c])
		out.Series[0].Values = append(out.Series[0].Values, probabilities[c])
	}
	return out
}
