package metrics

import (
	"fmt"
	"image"

	"otherwise/counterfactual"
)

// Distance tells how far two pictures are from each other.
type Distance func(a, b counterfactual.Picture) (float64, error)

// MeanAbsolute is the mean absolute difference of two pictures' values.
func MeanAbsolute(a, b counterfactual.Picture) (float64, error) {
	if err := pairs([]counterfactual.Picture{a}, []counterfactual.Picture{b}); err != nil {
		return 0, err
	}
	return norm(a.Values, b.Values, 1) / float64(len(a.Values)), nil
}

// Closeness is how far a counterfactual is from the true one, beside the answers that cost nothing.
type Closeness struct {
	Found     float64 `json:"found"`
	Unchanged float64 `json:"unchanged"` // the original, given back as it is
	Random    float64 `json:"random"`    // any picture of the target class
}

// Closer says whether what was found is nearer to the truth than both trivial answers.
func (c Closeness) Closer() bool { return c.Found < c.Unchanged && c.Found < c.Random }

// ToTruth measures found, the original and some picture of the target class against the true counterfactual.
func ToTruth(truth, found, original, random counterfactual.Picture, distance Distance) (Closeness, error) {
	var c Closeness
	for _, m := range []struct {
		to  *float64
		pic counterfactual.Picture
	}{{&c.Found, found}, {&c.Unchanged, original}, {&c.Random, random}} {
		var err error
		if *m.to, err = distance(truth, m.pic); err != nil {
			return Closeness{}, err
		}
	}
	return c, nil
}

// MeanCloseness averages over pictures; closer is the share of them, 0 to 1, that are nearer to the truth than both trivial answers.
// Of no picture both are 0.
func MeanCloseness(all []Closeness) (mean Closeness, closer float64) {
	n := float64(len(all))
	nearer := 0
	for _, c := range all {
		mean.Found += c.Found / n
		mean.Unchanged += c.Unchanged / n
		mean.Random += c.Random / n
		if c.Closer() {
			nearer++
		}
	}
	return mean, float64(nearer) / max(n, 1)
}

// ChangedRegion is the mask [height, width] of pixels whose largest channel difference is above a threshold.
func ChangedRegion(a, b counterfactual.Picture, threshold float64) (*counterfactual.Grid, error) {
	if err := pairs([]counterfactual.Picture{a}, []counterfactual.Picture{b}); err != nil {
		return nil, err
	}
	grid := &counterfactual.Grid{Height: a.Height, Width: a.Width, Channels: 1, Values: make([]float32, a.Height*a.Width)}
	for i := range grid.Values {
		for k := i * a.Channels; k < (i+1)*a.Channels; k++ {
			if d := float64(a.Values[k]) - float64(b.Values[k]); d > threshold || -d > threshold {
				grid.Values[i] = 1
			}
		}
	}
	return grid, nil
}

// MaskGrid reads a mask picture: 0 black to 1 white.
func MaskGrid(mask *image.Gray) *counterfactual.Grid {
	b := mask.Bounds()
	grid := &counterfactual.Grid{Height: b.Dy(), Width: b.Dx(), Channels: 1}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			grid.Values = append(grid.Values, float32(mask.GrayAt(x, y).Y)/255)
		}
	}
	return grid
}

// IoU is the intersection over union of two masks, where a value above 0.5 is inside. A coarser one (a mask on the latent's
// grid) is read at the finer one's positions. Of two empty masks it is 1.
func IoU(a, b *counterfactual.Grid) (float64, error) {
	for _, g := range []*counterfactual.Grid{a, b} {
		if g.Height < 1 || g.Width < 1 || len(g.Values) != g.Height*g.Width {
			return 0, fmt.Errorf("a mask of %dx%d with %d values", g.Width, g.Height, len(g.Values))
		}
	}
	height, width := max(a.Height, b.Height), max(a.Width, b.Width)
	inside := func(g *counterfactual.Grid, x, y int) bool {
		return g.Values[y*g.Height/height*g.Width+x*g.Width/width] > 0.5
	}
	both, either := 0, 0
	for y := range height {
		for x := range width {
			p, q := inside(a, x, y), inside(b, x, y)
			if p && q {
				both++
			}
			if p || q {
				either++
			}
		}
	}
	if either == 0 {
		return 1, nil
	}
	return float64(both) / float64(either), nil
}

// ChangeInside is the share of a counterfactual's absolute change that lies in a soft mask [height, width] of the picture's
// size; 0 where nothing changed. With the mask of the planted factor of a biased classifier it tells whether the
// counterfactual shows the bias.
func ChangeInside(original, found counterfactual.Picture, mask *counterfactual.Grid) (float64, error) {
	if err := pairs([]counterfactual.Picture{original}, []counterfactual.Picture{found}); err != nil {
		return 0, err
	}
	if mask.Height != found.Height || mask.Width != found.Width || len(mask.Values) != found.Height*found.Width {
		return 0, fmt.Errorf("a mask of %dx%d for a picture of %dx%d", mask.Width, mask.Height, found.Width, found.Height)
	}
	var inside, all float64
	for i, m := range mask.Values {
		for k := i * found.Channels; k < (i+1)*found.Channels; k++ {
			d := float64(original.Values[k]) - float64(found.Values[k])
			all += max(d, -d)
			inside += max(d, -d) * float64(m)
		}
	}
	if all == 0 {
		return 0, nil
	}
	return inside / all, nil
}

// PlantedShare is the share of counterfactuals most of whose change, by [ChangeInside], lies in the planted factor.
func PlantedShare(inside []float64) float64 {
	planted := 0.0
	for _, share := range inside {
		if share > 0.5 {
			planted++
		}
	}
	return planted / float64(len(inside))
}

// FactorsKept is the share of factors, but those that decide the class, that have the same value before and after, as an
// oracle tells. Without any factor left it is 1.
func FactorsKept(before, after map[string]string, causal ...string) (float64, error) {
	kept, all := 0, 0
	skip := map[string]bool{}
	for _, name := range causal {
		skip[name] = true
	}
	for name, value := range before {
		other, known := after[name]
		if !known {
			return 0, fmt.Errorf("factor %q is known before only", name)
		}
		if skip[name] {
			continue
		}
		all++
		if other == value {
			kept++
		}
	}
	if all == 0 {
		return 1, nil
	}
	return float64(kept) / float64(all), nil
}
