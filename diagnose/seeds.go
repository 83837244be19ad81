package diagnose

import (
	"context"
	"fmt"
	"math"

	"otherwise/counterfactual"
	"otherwise/viz"
)

// Seeds is what several seeds make of one problem (LDCE, appendix H).
type Seeds struct {
	Results []*counterfactual.Result `json:"-"` // one for each seed
	Mean    counterfactual.Picture   `json:"-"` // of the counterfactuals
	// Deviation [height, width] is the standard deviation over seeds, averaged over a pixel's channels: where it is 0 all agree.
	Deviation *counterfactual.Grid `json:"-"`

	Seeds         []uint64  `json:"seeds"`
	Probabilities []float64 `json:"target_probabilities"` // of each counterfactual
	Flipped       int       `json:"flipped"`              // how many reach the target
	// Confirmed is how many of them the judge calls the target too; nil where no judge was asked (see [Seeds.Confirm]).
	Confirmed *int `json:"confirmed,omitempty"`
	// Distances are the mean absolute differences between each two counterfactuals, and Distance is their mean.
	Distances [][]float64 `json:"distances"`
	Distance  float64     `json:"mean_distance"`
	// MeanDeviation is that of Deviation over all pixels.
	MeanDeviation float64 `json:"mean_deviation"`
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
		s.Seeds, s.Probabilities = append(s.Seeds, seed), append(s.Probabilities, r.After[r.Target])
		if r.Flipped() {
			s.Flipped++
		}
	}
	s.spread()
	s.compare()
	return s, nil
}

// Confirm notes what a second classifier says of each counterfactual: rows of its probabilities, in the order of Results.
func (s *Seeds) Confirm(judged [][]float64) error {
	if len(judged) != len(s.Results) {
		return fmt.Errorf("a judge's opinion of %d counterfactuals, but there are %d", len(judged), len(s.Results))
	}
	confirmed := 0
	for i, r := range s.Results {
		if r.Flipped() && counterfactual.ArgMax(judged[i]) == r.Target {
			confirmed++
		}
	}
	s.Confirmed = &confirmed
	return nil
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
	for _, v := range s.Deviation.Values {
		s.MeanDeviation += float64(v) / float64(len(s.Deviation.Values))
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

// deviationScale is the deviation that a drawing shows white. Of values in [0, 1] none is larger than 0.5.
const deviationScale = 0.25

// View has the original, mean and deviation, and the counterfactual of each seed.
func (s *Seeds) View() viz.View {
	original := s.Results[0].Original
	views := []viz.View{
		viz.Figure{Title: "original", Picture: viz.Image(original)},
		viz.Figure{Title: "mean", Caption: fmt.Sprintf("of %d seeds", len(s.Results)), Picture: viz.Image(s.Mean)},
		viz.Figure{Title: "deviation", Caption: "of a value", Picture: heat(s.Deviation, deviationScale, original), Bar: viz.HeatBar("0", fmt.Sprint(deviationScale))},
	}
	for i, r := range s.Results {
		views = append(views, viz.Figure{Title: fmt.Sprintf("seed %d", s.Seeds[i]), Caption: "target " + viz.Probability(s.Probabilities[i]), Picture: viz.Image(r.Counterfactual)})
	}
	return viz.Panels{Views: views}
}

// Drawings are seeds.png and the maps of mean and deviation.
func (s *Seeds) Drawings() []viz.Drawing {
	return []viz.Drawing{{Name: "seeds", Image: s.View().Image()}, {Name: "seeds-mean", Image: viz.Image(s.Mean)},
		{Name: "seeds-deviation", Image: heat(s.Deviation, deviationScale, s.Results[0].Original)}}
}

// String tells how many seeds reach the target, how many of them the judge confirms, and how far their pictures are apart.
func (s *Seeds) String() string {
	text := fmt.Sprintf("%d of %d seeds reach the target", s.Flipped, len(s.Results))
	if s.Confirmed != nil {
		text += fmt.Sprintf(", the judge confirms %d", *s.Confirmed)
	}
	return fmt.Sprintf("%s; counterfactuals are %.4f apart (mean absolute difference of values in [0, 1]), standard deviation %.4f",
		text, s.Distance, s.MeanDeviation)
}
