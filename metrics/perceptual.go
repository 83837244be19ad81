package metrics

import (
	"fmt"
	"math"

	"otherwise/counterfactual"
)

// PerceptualDistance is LPIPS (Zhang et al. 2018) of the feature maps of two pictures, one map [height, width, channels] a
// layer: each position's features scaled to length 1, their squared differences weighed by channel and averaged over
// positions, summed over layers. weights holds one not negative number a channel for each layer.
func PerceptualDistance(a, b []counterfactual.Grid, weights [][]float64) (float64, error) {
	if len(a) != len(b) || len(a) != len(weights) {
		return 0, fmt.Errorf("%d and %d feature maps with weights of %d layers", len(a), len(b), len(weights))
	}
	var total float64
	for layer, x := range a {
		y := b[layer]
		if x.Height != y.Height || x.Width != y.Width || len(x.Values) != len(y.Values) || len(weights[layer]) != x.Channels || x.Channels < 1 {
			return 0, fmt.Errorf("layer %d: feature maps of %dx%dx%d and %dx%dx%d with %d weights", layer,
				x.Height, x.Width, x.Channels, y.Height, y.Width, y.Channels, len(weights[layer]))
		}
		var sum float64
		for at := 0; at < len(x.Values); at += x.Channels {
			p, q := x.Values[at:at+x.Channels], y.Values[at:at+x.Channels]
			np, nq := length(p), length(q)
			for c, w := range weights[layer] {
				d := float64(p[c])/np - float64(q[c])/nq
				sum += w * d * d
			}
		}
		total += sum / float64(x.Height*x.Width)
	}
	return total, nil
}

// length is the Euclidean norm, with LPIPS's small number against a division by zero.
func length(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum) + 1e-10
}

// Diversity is the mean distance of n different results for one problem, over all pairs (ACE, over seeds); distance gives
// that of results i and j.
func Diversity(n int, distance func(i, j int) (float64, error)) (float64, error) {
	if n < 2 {
		return 0, fmt.Errorf("diversity of %d results; it takes two", n)
	}
	var sum float64
	for i := range n {
		for j := range i {
			d, err := distance(i, j)
			if err != nil {
				return 0, err
			}
			sum += d
		}
	}
	return sum / float64(n*(n-1)/2), nil
}
