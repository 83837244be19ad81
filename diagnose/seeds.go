package diagnose

import (
	"context"
	"fmt"
	"math"

	"otherwise/counterfactual"
)

// Seeds is what several seeds make of one problem (LDCE, appendix H).
type Seeds struct {
	Results []*counterfactual.Result // one for each seed
	Mean    counterfactual.Picture   // of the counterfactuals
	// Deviation [height, width] is the standard deviation over seeds, averaged over a pixel's channels: where it is 0 all agree.
	Deviation *counterfactual.Grid
	// Distances are the mean absolute differences between each two counterfactuals, and Distance is their mean.
	Distances [][]float64
	Distance  float64
	Flipped   int // how many reach the target
}

// CompareSeeds explains a problem with each of at least two seeds. The problem's own seed doesn't matter.
func CompareSeeds(ctx context.Context, m counterfactual.Method, p counterfactual.Problem, seeds []uint64, observe counterfactual.Observer) (*Seeds, error) {
	if len(seeds) < 2 {
		return nil, fmt.Errorf("comparing %d seeds; it takes two", len(seeds))
	}
	s := &Seeds{}
	for i, seed := range seeds {
		p.Seed = seed
		r, err := m.Explain(ctx, p, observe)
		if err != nil {
			return nil, fmt.Errorf("seed %d, number %d of %d: %w", seed, i+1, len(seeds), err)
		}
		s.Results = append(s.Results, r)
		if r.Flipped() {
			s.Flipped++
		}
	}
	s.spread()
	s.compare()
	return s, nil
}

// spread fills in mean and deviation.
func (s *Seeds) spread() {
	first := s.Results[0].Counterfactual
	n := float64(len(s.Results))
	s.Mean = counterfactual.Picture{Height: first.Height, Width: first.Width, Channels: first.Channels, Values: make([]float32, len(first.Values))}
	s.Deviation = &counterfactual.Grid{Height: first.Height, Width: first.Width, Channels: 1, Values: make([]float32, first.Height*first.Width)}
	for i := range first.Values {
		var sum, squares float64
		for _, r := range s.Results {
			v := float64(r.Counterfactual.Values[i])
			sum, squares = sum+v, squares+v*v
		}
		s.Mean.Values[i] = float32(sum / n)
		s.Deviation.Values[i/first.Channels] += float32(math.Sqrt(max(0, squares/n-sum/n*sum/n)) / float64(first.Channels))
	}
}

// compare fills in the distances of all pairs.
func (s *Seeds) compare() {
	n := len(s.Results)
	s.Distances = make([][]float64, n)
	for i := range s.Distances {
		s.Distances[i] = make([]float64, n)
	}
	for i := range n {
		for j := range i {
			a, b := s.Results[i].Counterfactual.Values, s.Results[j].Counterfactual.Values
			var sum float64
			for k, v := range a {
				sum += math.Abs(float64(v) - float64(b[k]))
			}
			d := sum / float64(len(a))
			s.Distances[i][j], s.Distances[j][i] = d, d
			s.Distance += d / float64(n*(n-1)/2)
		}
	}
}
