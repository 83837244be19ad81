package verify

import "math"

// probabilities are those of stored logits [batch, classes], or [batch] of a binary classifier, in float64.
func probabilities(logits []float32, batch int, binary bool) []float64 {
	var out []float64
	classes := len(logits) / batch
	for i := range batch {
		row := logits[i*classes : (i+1)*classes]
		if binary {
			yes := 1 / (1 + math.Exp(-float64(row[0])))
			out = append(out, 1-yes, yes)
			continue
		}
		var total float64
		for _, v := range row {
			total += math.Exp(float64(v))
		}
		for _, v := range row {
			out = append(out, math.Exp(float64(v))/total)
		}
	}
	return out
}
