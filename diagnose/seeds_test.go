package diagnose

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"otherwise/counterfactual"
)

// shades is a method whose counterfactual of two pixels is, in its first one, the seed in tenths.
type shades struct{}

func (shades) Name() string                                          { return "shades" }
func (shades) Prepare(context.Context, counterfactual.Picture) error { return nil }

func (shades) Explain(_ context.Context, p counterfactual.Problem, _ counterfactual.Observer) (*counterfactual.Result, error) {
	if p.Seed == 99 {
		return nil, errors.New("no luck")
	}
	found := counterfactual.Picture{Height: 1, Width: 2, Channels: 1, Values: []float32{float32(p.Seed) / 10, 0.5}}
	after := []float64{0.2, 0.8}
	if p.Seed == 0 {
		after = []float64{0.8, 0.2}
	}
	return &counterfactual.Result{Counterfactual: found, Target: 1, After: after}, nil
}

func TestCompareSeeds(t *testing.T) {
	s, err := CompareSeeds(context.Background(), shades{}, counterfactual.Problem{Target: 1}, []uint64{0, 2, 4}, nil)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%s is %g, want %g", what, got, want)
		}
	}
	near("mean", float64(s.Mean.Values[0]), 0.2)
	near("mean of what all share", float64(s.Mean.Values[1]), 0.5)
	near("deviation", float64(s.Deviation.Values[0]), math.Sqrt(0.08/3))
	near("deviation of what all share", float64(s.Deviation.Values[1]), 0)
	near("distance of the first two", s.Distances[0][1], 0.1)
	near("distance of first and last", s.Distances[2][0], 0.2)
	near("mean distance", s.Distance, 0.4/3)
	near("mean deviation", s.MeanDeviation, math.Sqrt(0.08/3)/2)
	if s.Flipped != 2 || strings.Contains(s.String(), "judge") {
		t.Errorf("%d flipped, want 2: %s", s.Flipped, s)
	}
	// The first isn't flipped, of the others one is confirmed.
	if err := s.Confirm([][]float64{{0, 1}, {0.4, 0.6}, {0.7, 0.3}}); err != nil || *s.Confirmed != 1 || !strings.Contains(s.String(), "judge confirms 1;") {
		t.Errorf("confirmed %d, error %v: %s", *s.Confirmed, err, s)
	}
	if s.Confirm([][]float64{{0, 1}}) == nil {
		t.Error("one opinion of three counterfactuals: no error")
	}
	for _, seeds := range [][]uint64{{1}, {1, 99}} {
		if _, err := CompareSeeds(context.Background(), shades{}, counterfactual.Problem{}, seeds, nil); err == nil {
			t.Errorf("seeds %v: no error", seeds)
		}
	}
}
