package viz

import (
	"fmt"
	"strings"

	"otherwise/counterfactual"
)

// curveView is the target's probability over the steps, as the points of a line in a box of 100 x 100, y downwards.
type curveView struct {
	Stage       string
	Steps       int
	Points      string
	First, Last string
}

// newCurve is nil where there is nothing to draw a line through.
func newCurve(steps []counterfactual.Step) *curveView {
	if len(steps) < 2 {
		return nil
	}
	var points strings.Builder
	for i, s := range steps {
		if p := s.TargetProbability; p >= 0 { // not NaN
			fmt.Fprintf(&points, "%.2f,%.2f ", 100*float64(i)/float64(len(steps)-1), 100*(1-min(1, p)))
		}
	}
	return &curveView{Stage: steps[0].Stage, Steps: len(steps), Points: points.String(),
		First: Probability(steps[0].TargetProbability), Last: Probability(steps[len(steps)-1].TargetProbability)}
}
