package cam

import (
	"context"

	"otherwise/counterfactual"
)

// Contrast is what tells two classes apart in one picture: confusable labels have maps that overlap (ECED, figure 1).
type Contrast struct {
	A, B *counterfactual.Grid // the maps of the two classes, in [0, 1]
	// Difference is A - B, in [-1, 1]: above 0 where the first class sees more than the second.
	Difference *counterfactual.Grid
	// Overlap is the sum of the smaller values over the sum of the larger: 1 for equal maps, 0 for maps that share no place.
	Overlap float64
}

// Contrast compares the maps of two classes.
func (m *Mapper) Contrast(ctx context.Context, p counterfactual.Picture, a, b int) (*Contrast, error) {
	c := &Contrast{}
	var err error
	if c.A, err = m.Map(ctx, p, a); err != nil {
		return nil, err
	}
	if c.B, err = m.Map(ctx, p, b); err != nil {
		return nil, err
	}
	c.Difference = &counterfactual.Grid{Height: p.Height, Width: p.Width, Channels: 1}
	var smaller, larger float64
	for i, v := range c.A.Values {
		w := c.B.Values[i]
		c.Difference.Values = append(c.Difference.Values, v-w)
		smaller, larger = smaller+float64(min(v, w)), larger+float64(max(v, w))
	}
	c.Overlap = smaller / larger // a map is no larger than 1 and reaches it, so larger is positive
	return c, nil
}
