package diagnose

import (
	"errors"
	"fmt"

	"otherwise/counterfactual"
	"otherwise/viz"
)

// Convergence is how ECED's stages B and C came to their ends.
type Convergence struct {
	// BackgroundLoss is stage B's loss before each of its steps; empty where the stage was left out.
	BackgroundLoss []float64 `json:"background_loss"`
	// AdversarialLoss and TargetProbability are stage C's, in each iteration.
	AdversarialLoss   []float64 `json:"adversarial_loss"`
	TargetProbability []float64 `json:"target_probability"`
	// Half is the first iteration, from 1, in which the target had more than half of the probability; 0 for none.
	Half int `json:"first_iteration_above_half"`
	// Rising says that the target's probability still rose over the last quarter of the iterations, by more than a hundredth: more of
	// them would have gone on.
	Rising bool `json:"still_rising"`

	view viz.View
}

// Converge reads the curves of an ECED result from its trace. A result of another method is an error.
func Converge(r *counterfactual.Result) (*Convergence, error) {
	c := &Convergence{BackgroundLoss: []float64{}}
	for _, s := range r.Steps {
		switch s.Stage {
		case "background":
			c.BackgroundLoss = append(c.BackgroundLoss, s.Loss)
		case "adversarial":
			c.AdversarialLoss, c.TargetProbability = append(c.AdversarialLoss, s.Loss), append(c.TargetProbability, s.TargetProbability)
			if c.Half == 0 && s.TargetProbability > 0.5 {
				c.Half = len(c.TargetProbability)
			}
		}
	}
	n := len(c.TargetProbability)
	if r.Method != "eced" || n == 0 {
		return nil, errors.New("stages that converge are ECED's: this result has none")
	}
	c.Rising = c.TargetProbability[n-1]-c.TargetProbability[n-1-(n-1)/4] > 0.01
	view, err := viz.Convergence(r)
	c.view = view
	return c, err
}

// View has the curves of the target's probability and of both losses.
func (c *Convergence) View() viz.View { return c.view }

// Drawings are convergence.png.
func (c *Convergence) Drawings() []viz.Drawing {
	return []viz.Drawing{{Name: "convergence", Image: c.view.Image()}}
}

// String tells how both stages ended.
func (c *Convergence) String() string {
	text := ""
	if n := len(c.BackgroundLoss); n > 0 {
		text = fmt.Sprintf("background: loss %.5f -> %.5f in %d steps\n", c.BackgroundLoss[0], c.BackgroundLoss[n-1], n)
	}
	n := len(c.TargetProbability)
	text += fmt.Sprintf("foreground: target %.3f -> %.3f in %d iterations", c.TargetProbability[0], c.TargetProbability[n-1], n)
	switch {
	case c.Half > 0:
		text += fmt.Sprintf(", above a half from number %d on", c.Half)
	case c.Rising:
		text += ", still rising"
	}
	return text
}
