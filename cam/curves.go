package cam

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"otherwise/counterfactual"
)

// Curve is a class's probability while more and more of a picture's pixels are taken away or put back, the ones that a map finds
// most important first.
type Curve struct {
	Shares        []float64 // of pixels changed, from 0 to 1
	Probabilities []float64
	Area          float64 // under the curve, by the trapezoid rule: small for a good map's deletion, large for its insertion
}

// CurveOptions are the settings of [Curves].
type CurveOptions struct {
	// Steps is the number of equal parts that pixels are changed in; 50.
	Steps int
	// BatchSize is how many pictures are classified at once; 16.
	BatchSize int
	// Blur is the standard deviation in pixels of the blurred picture that insertion begins with; 5 (published code).
	Blur float64
}

// Curves measures how well a map of a class tells what the classifier looks at. Deletion replaces pixels by the picture's mean
// colour, insertion puts them into a blurred picture. Pixels of equal value change in the order in which they lie. Source: Petsiuk et al., 2018
// (RISE), section 4; the mean colour is what its code's zeros are after normalisation.
func Curves(ctx context.Context, predictor *counterfactual.Predictor, p counterfactual.Picture, importance *counterfactual.Grid, class int, o CurveOptions) (deletion, insertion *Curve, err error) {
	o.Steps, o.BatchSize, o.Blur = cmp.Or(o.Steps, 50), cmp.Or(o.BatchSize, 16), cmp.Or(o.Blur, 5)
	switch {
	case len(importance.Values) != p.Height*p.Width:
		return nil, nil, fmt.Errorf("curves: a map of %dx%d for a picture of %dx%d", importance.Width, importance.Height, p.Width, p.Height)
	case o.Steps < 1 || o.BatchSize < 1 || !(o.Blur > 0):
		return nil, nil, errors.New("curves: steps, batch size and blur must be positive")
	}
	order := make([]int, len(importance.Values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(importance.Values[b], importance.Values[a]) })
	if deletion, err = curve(ctx, predictor, p, meanColour(p), order, class, o); err != nil {
		return nil, nil, err
	}
	insertion, err = curve(ctx, predictor, counterfactual.Blur(p, o.Blur), p, order, class, o)
	return deletion, insertion, err
}

// curve classifies the pictures on the way from one to another, whose pixels come in the given order.
func curve(ctx context.Context, predictor *counterfactual.Predictor, from, to counterfactual.Picture, order []int, class int, o CurveOptions) (*Curve, error) {
	c := &Curve{}
	now := slices.Clone(from.Values)
	var waiting []counterfactual.Picture
	changed := 0
	for step := range o.Steps + 1 {
		for upTo := step * len(order) / o.Steps; changed < upTo; changed++ {
			at := order[changed] * from.Channels
			copy(now[at:at+from.Channels], to.Values[at:])
		}
		c.Shares = append(c.Shares, float64(changed)/float64(len(order)))
		picture := from
		picture.Values = slices.Clone(now)
		waiting = append(waiting, picture)
		if len(waiting) < o.BatchSize && step < o.Steps {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("curves: stopped after %d of %d steps: %w", step, o.Steps, err)
		}
		rows, err := predictor.Probabilities(waiting...)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			c.Probabilities = append(c.Probabilities, row[class])
		}
		waiting = nil
	}
	for i := 1; i < len(c.Shares); i++ {
		c.Area += (c.Shares[i] - c.Shares[i-1]) * (c.Probabilities[i] + c.Probabilities[i-1]) / 2
	}
	return c, nil
}

// meanColour is a picture of one colour, the mean of p's.
func meanColour(p counterfactual.Picture) counterfactual.Picture {
	sums := make([]float64, p.Channels)
	for i, v := range p.Values {
		sums[i%p.Channels] += float64(v)
	}
	out := counterfactual.Picture{Height: p.Height, Width: p.Width, Channels: p.Channels, Values: make([]float32, len(p.Values))}
	for i := range out.Values {
		out.Values[i] = float32(sums[i%p.Channels] / float64(p.Height*p.Width))
	}
	return out
}
