package baselines

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"otherwise/nn"
)

// climber is one picture's way in Frank-Wolfe.
type climber struct {
	original, x, best []float64
	gradient, atBest  []float64 // at x and at best
	momentum          []float64
	value, bestValue  float64   // log-probabilities
	history           []float64 // of each iteration
	alpha             float64   // scale of the step
	lastBest          float64   // at the last check
	cut               bool      // at the last check; true before the first
	vertex            []float64 // of the last step
	wasCut            bool
}

// window is when step sizes are checked: after an interval of iterations that shrinks.
type window struct{ length, shrink, shortest, count int }

func newWindow(iterations int) *window {
	part := func(share float64) int { return max(int(share*float64(iterations)), 1) }
	return &window{length: part(0.22), shrink: part(0.03), shortest: part(0.06)}
}

// Climb runs the search and returns the best pictures with their log-probabilities. The noise stream start is a random direction
// of the pictures' shape in which the search begins.
func (s *SVCE) Climb(ctx context.Context, b *Batch, watch Watcher) (best *tensors.Tensor, logProb []float64, err error) {
	climbers, err := s.begin(b)
	if err != nil {
		return nil, nil, err
	}
	check := newWindow(s.options.Iterations)
	for i := range s.options.Iterations {
		if err := stopped(ctx, i, s.options.Iterations); err != nil {
			return nil, nil, err
		}
		for _, c := range climbers {
			c.step(i, s.options.Momentum, s.radius(len(c.x)), s.options.P)
		}
		if err := s.look(b, climbers); err != nil {
			return nil, nil, fmt.Errorf("iteration %d of %d: %w", i+1, s.options.Iterations, err)
		}
		check.count++
		for _, c := range climbers {
			c.note()
			if c.wasCut = false; check.count == check.length {
				c.check(check.length)
			}
		}
		if check.count == check.length {
			check.length, check.count = max(check.length-check.shrink, check.shortest), 0
		}
		if err := s.tell(b, climbers, i, watch); err != nil {
			return nil, nil, err
		}
	}
	for _, c := range climbers {
		logProb = append(logProb, c.bestValue)
	}
	return gathered(b, climbers, func(c *climber) []float64 { return c.best }), logProb, nil
}

// begin places each climber on the far side of the ball in a random direction, which can be far from the picture.
func (s *SVCE) begin(b *Batch) ([]*climber, error) {
	direction, err := b.Noise("start", b.Picture.Shape().Dimensions)
	if err != nil {
		return nil, err
	}
	defer nn.Free(direction)
	values, err := floats(b.Picture, direction)
	if err != nil {
		return nil, err
	}
	size := len(values[0]) / len(b.Targets)
	var climbers []*climber
	for i := range b.Targets {
		part := func(v []float32) []float64 {
			out := make([]float64, size)
			for j := range out {
				out[j] = float64(v[i*size+j])
			}
			return out
		}
		c := &climber{original: part(values[0]), alpha: 2, cut: true}
		c.x = slices.Clone(c.original)
		for j, d := range MaximizeLinear(c.original, part(values[1]), s.radius(size), s.options.P) {
			c.x[j] = min(1, max(0, c.x[j]+d))
		}
		climbers = append(climbers, c)
	}
	if err := s.look(b, climbers); err != nil {
		return nil, err
	}
	for _, c := range climbers {
		c.best, c.atBest, c.bestValue, c.lastBest = slices.Clone(c.x), c.gradient, c.value, c.value
	}
	return climbers, nil
}

// look asks the classifier for value and gradient where the climbers stand.
func (s *SVCE) look(b *Batch, climbers []*climber) error {
	x := gathered(b, climbers, func(c *climber) []float64 { return c.x })
	defer nn.Free(x)
	out, err := s.gradient.Call(s.models.Params(), x, b.Targets)
	if err != nil {
		return err
	}
	defer nn.Free(out...)
	values, err := floats(out...)
	if err != nil {
		return err
	}
	for i, c := range climbers {
		c.value = float64(values[0][i])
		c.gradient = make([]float64, len(c.x))
		for j := range c.gradient {
			c.gradient[j] = float64(values[1][i*len(c.x)+j])
		}
	}
	return nil
}

// step goes towards the vertex that the gradient points to; the first step goes there.
func (c *climber) step(i int, momentum, radius, p float64) {
	if i == 0 {
		c.momentum = slices.Clone(c.gradient)
	} else {
		for j, g := range c.gradient {
			c.momentum[j] = momentum*c.momentum[j] + (1-momentum)*g
		}
	}
	c.vertex = MaximizeLinear(c.original, c.momentum, radius, p)
	rate := c.alpha / (math.Sqrt(float64(i)) + 2)
	for j := range c.x {
		c.vertex[j] += c.original[j]
		c.x[j] += rate * (c.vertex[j] - c.x[j])
	}
}

// note keeps the iterate if it is the best so far.
func (c *climber) note() {
	c.history = append(c.history, c.value)
	if c.value > c.bestValue {
		c.best, c.atBest, c.bestValue = slices.Clone(c.x), c.gradient, c.value
	}
}

// check cuts the step size, and goes back to the best iterate, where at most 75 % of the last k iterations improved, or where the last
// check cut nothing and the best has not changed since. Two quirks of the public code are kept: the first check compares the first
// iteration with 0, and its second rule can't apply to the first check.
func (c *climber) check(k int) {
	improved := 0
	for n := len(c.history) - k; n < len(c.history); n++ {
		before := 0.0
		if n > 0 {
			before = c.history[n-1]
		}
		if c.history[n] > before {
			improved++
		}
	}
	c.wasCut = float64(improved) <= 0.75*float64(k) || !c.cut && c.lastBest >= c.bestValue
	c.cut, c.lastBest = c.wasCut, c.bestValue
	if c.wasCut {
		c.alpha *= 0.75
		c.x, c.gradient = slices.Clone(c.best), c.atBest
	}
}

// tell shows the watcher where the climbers stand.
func (s *SVCE) tell(b *Batch, climbers []*climber, i int, watch Watcher) error {
	if watch == nil {
		return nil
	}
	numbers := map[string][]float32{}
	for _, c := range climbers {
		cut := float32(0)
		if c.wasCut {
			cut = 1
		}
		for name, v := range map[string]float32{"log_prob": float32(c.value), "best": float32(c.bestValue), "alpha": float32(c.alpha), "reset": cut} {
			numbers[name] = append(numbers[name], v)
		}
	}
	state := State{Stage: "climb", Index: i, Total: s.options.Iterations, Details: map[string]*tensors.Tensor{}}
	for name, v := range numbers {
		state.Details[name] = tensors.FromFlatDataAndDimensions(v, len(v))
	}
	for _, v := range numbers["log_prob"] {
		state.Loss = append(state.Loss, -v)
	}
	state.Probability = likelihood(state.Loss)
	state.Image = gathered(b, climbers, func(c *climber) []float64 { return c.x })
	state.Details["x"] = state.Image
	state.Details["vertex"] = gathered(b, climbers, func(c *climber) []float64 { return c.vertex })
	defer func() {
		for _, t := range state.Details {
			nn.Free(t)
		}
	}()
	return watch(state)
}

// gathered puts values of all climbers together as pictures.
func gathered(b *Batch, climbers []*climber, of func(*climber) []float64) *tensors.Tensor {
	var values []float32
	for _, c := range climbers {
		for _, v := range of(c) {
			values = append(values, float32(v))
		}
	}
	return tensors.FromFlatDataAndDimensions(values, b.Picture.Shape().Dimensions...)
}
