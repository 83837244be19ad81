package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// AverageRank ranks methods by several measures: table holds a row for each method, a column for each measure. Rank 1 is
// best, ties share the mean of their ranks, and what is NaN has no rank and doesn't count in its method's average.
func AverageRank(table [][]float64, lowerIsBetter []bool) (average []float64, ranks [][]float64, err error) {
	average, ranks = make([]float64, len(table)), make([][]float64, len(table))
	for i, row := range table {
		if len(row) != len(lowerIsBetter) {
			return nil, nil, fmt.Errorf("method %d has %d measures, of %d is said which way is better", i, len(row), len(lowerIsBetter))
		}
		ranks[i] = make([]float64, len(row))
	}
	for j, lower := range lowerIsBetter {
		var order []int
		for i, row := range table {
			ranks[i][j] = math.NaN()
			if !math.IsNaN(row[j]) {
				order = append(order, i)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int {
			if !lower {
				a, b = b, a
			}
			return cmp.Compare(table[a][j], table[b][j])
		})
		for from := 0; from < len(order); {
			to := from + 1
			for to < len(order) && table[order[to]][j] == table[order[from]][j] {
				to++
			}
			for _, i := range order[from:to] {
				ranks[i][j] = float64(from+1+to) / 2
			}
			from = to
		}
	}
	for i, row := range ranks {
		sum, n := 0.0, 0
		for _, r := range row {
			if !math.IsNaN(r) {
				sum, n = sum+r, n+1
			}
		}
		average[i] = sum / float64(n)
	}
	return average, ranks, nil
}
