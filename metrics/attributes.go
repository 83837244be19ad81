package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// attributeThreshold is the probability above which an attribute counts as there.
const attributeThreshold = 0.5

// MNAC is the mean number of attributes changed: of an oracle's probabilities, one row a picture, how many cross 0.5, the
// one asked for included.
func MNAC(before, after *mat.Dense) (float64, error) {
	if err := sameShape(before, after); err != nil {
		return 0, err
	}
	rows, columns := before.Dims()
	changed := 0
	for i := range rows {
		for j := range columns {
			if (before.At(i, j) > attributeThreshold) != (after.At(i, j) > attributeThreshold) {
				changed++
			}
		}
	}
	return float64(changed) / float64(rows), nil
}

// ChangeCorrelation is CD as the scripts of ACE and DiME have it: the correlation of the changes (-1, 0, 1) of each
// attribute with those of the attribute asked for, compared with the correlation of the labels in the training set;
// summed absolute differences. The correlation with what never changes is 0.
func ChangeCorrelation(before, after *mat.Dense, query int, training []float64) (cd float64, correlations []float64, err error) {
	if err := checkQuery(before, after, query); err != nil {
		return 0, nil, err
	}
	rows, columns := before.Dims()
	if len(training) != columns {
		return 0, nil, fmt.Errorf("correlations of %d attributes in the training set; the oracle tells %d", len(training), columns)
	}
	changes := mat.NewDense(rows, columns, nil)
	there := func(p float64) float64 {
		if p > attributeThreshold {
			return 1
		}
		return 0
	}
	for i := range rows {
		for j := range columns {
			changes.Set(i, j, there(after.At(i, j))-there(before.At(i, j)))
		}
	}
	correlations = correlationsWith(changes, query)
	for j, c := range correlations {
		cd += math.Abs(c - training[j])
	}
	return cd, correlations, nil
}

// CorrelationDifference is CD as LDCE's appendix defines it: the correlation of each attribute's probability with that of
// the attribute asked for, over counterfactuals and over originals; summed absolute differences. The paper's correlation
// over all pairs of pictures equals the plain one.
func CorrelationDifference(before, after *mat.Dense, query int) (cd float64, originals, counterfactuals []float64, err error) {
	if err := checkQuery(before, after, query); err != nil {
		return 0, nil, nil, err
	}
	originals, counterfactuals = correlationsWith(before, query), correlationsWith(after, query)
	for j := range originals {
		cd += math.Abs(counterfactuals[j] - originals[j])
	}
	return cd, originals, counterfactuals, nil
}

func checkQuery(before, after *mat.Dense, query int) error {
	if err := sameShape(before, after); err != nil {
		return err
	}
	if _, columns := before.Dims(); query < 0 || query >= columns {
		return fmt.Errorf("no attribute %d; the oracle tells %d", query, columns)
	}
	return nil
}

// correlationsWith are Pearson's correlations of each column with one of them; 0 where a column is constant.
func correlationsWith(m *mat.Dense, query int) []float64 {
	_, columns := m.Dims()
	asked := mat.Col(nil, query, m)
	out := make([]float64, columns)
	for j := range out {
		if c := stat.Correlation(mat.Col(nil, j, m), asked, nil); !math.IsNaN(c) {
			out[j] = c
		}
	}
	return out
}
