package baselines

import (
	"cmp"
	"math"
	"slices"
)

// MaximizeLinear returns the change d that maximises <w, d> subject to |d|_p <= radius and 0 <= x+d <= 1, exactly, for p above 1:
// |d_i| = min(gamma_i, s |w_i|^(1/(p-1))) in the direction of w_i, where gamma_i is the distance to the wall there and s makes the
// norm of d the radius; or gamma, where the whole corner of the box lies in the ball. x and w are one picture's values.
// Source: SVCE, Proposition 2; SPEC-BASELINES section 2.
func MaximizeLinear(x, w []float64, radius, p float64) []float64 {
	largest := 0.0
	for _, v := range w {
		largest = max(largest, math.Abs(v))
	}
	d := make([]float64, len(x))
	if largest == 0 {
		return d
	}
	budget := math.Pow(radius, p)
	walls := make([]wall, 0, len(x))
	var corner float64
	for i, v := range w {
		gamma := x[i]
		if v > 0 {
			gamma = 1 - x[i]
		}
		// d depends on the direction of w alone; scaled, a large exponent can't overflow
		u := math.Pow(math.Abs(v)/largest, 1/(p-1))
		if u == 0 || gamma <= 0 {
			continue
		}
		walls = append(walls, wall{at: i, gamma: gamma, weight: u, power: math.Pow(u, p), ratio: gamma / u})
		corner += math.Pow(gamma, p)
	}
	s := math.Inf(1)
	if corner > budget {
		s = reach(walls, budget, p)
	}
	for _, c := range walls {
		d[c.at] = math.Copysign(c.gamma, w[c.at])
		if s*c.weight < c.gamma {
			d[c.at] = math.Copysign(s*c.weight, w[c.at])
		}
	}
	return d
}

// wall is a value that may change: how far, how fast it wants to, and at which s it is stopped.
type wall struct {
	at                          int
	gamma, weight, power, ratio float64
}

// reach finds s: with the values of the smallest ratios at their walls, the others share what is left of the budget; the first
// number of walls for which nothing else is stopped is the right one.
func reach(walls []wall, budget, p float64) float64 {
	slices.SortFunc(walls, func(a, b wall) int { return cmp.Compare(a.ratio, b.ratio) })
	rest := make([]float64, len(walls)+1)
	for i, c := range slices.Backward(walls) {
		rest[i] = rest[i+1] + c.power
	}
	used := 0.0
	for i, c := range walls {
		s := math.Pow(max(0, budget-used)/rest[i], 1/p)
		if s < c.ratio {
			return s
		}
		used += math.Pow(c.gamma, p)
	}
	return math.Inf(1)
}
