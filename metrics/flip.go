package metrics

import "fmt"

// FlipRatio is the share of counterfactuals that the classifier gives their target class. It counts all pictures, also
// those whose original was misclassified.
func FlipRatio(predicted, targets []int) (float64, error) {
	if len(predicted) != len(targets) || len(targets) == 0 {
		return 0, fmt.Errorf("%d predictions for %d targets; give as many, not none", len(predicted), len(targets))
	}
	flipped := 0
	for i, target := range targets {
		if predicted[i] == target {
			flipped++
		}
	}
	return float64(flipped) / float64(len(targets)), nil
}

// TreatmentEffect is the mean change of a probability by an edit of the pictures (LDCE, section 5.2: glasses and age).
func TreatmentEffect(before, after []float64) (float64, error) {
	if len(before) != len(after) || len(before) == 0 {
		return 0, fmt.Errorf("%d values before and %d after; give as many, not none", len(before), len(after))
	}
	var sum float64
	for i := range before {
		sum += after[i] - before[i]
	}
	return sum / float64(len(before)), nil
}
