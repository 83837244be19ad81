package diagnose

import (
	"errors"
	"fmt"
	"image"
	"math"

	"otherwise/counterfactual"
	"otherwise/viz"
)

// AngleBins is how many bins of equal width an angle histogram has, from 0 to 180 degrees.
const AngleBins = 18

// Consensus is how far the classifier's direction and the diffusion model's agree in the steps of LDCE.
type Consensus struct {
	Steps []Agreement `json:"steps"`
	Kept  float64     `json:"mean_kept_share"`

	result *counterfactual.Result
}

// Agreement is how far both agree in one step.
type Agreement struct {
	Step int     `json:"step"`       // from 0
	Kept float64 `json:"kept_share"` // share of locations that were steered
	// Angles counts the locations by the angle between the two directions. It is nil for a step that isn't a frame of the trace.
	Angles    []int `json:"angles,omitempty"`
	Undefined int   `json:"no_angle,omitempty"` // locations where a direction has no length, and so no angle; they are kept
}

// Agree describes the steps of an LDCE result. A result of another method is an error.
func Agree(r *counterfactual.Result) (*Consensus, error) {
	out := &Consensus{result: r}
	for _, s := range r.Steps {
		if s.Kept == nil {
			return nil, errors.New("consensus is LDCE's: this result's steps have none")
		}
		a := Agreement{Step: s.Index}
		for _, v := range s.Kept.Values {
			a.Kept += float64(v) / float64(len(s.Kept.Values))
		}
		if s.Cosines != nil {
			a.Angles = make([]int, AngleBins)
			for _, cosine := range s.Cosines.Values {
				if math.IsNaN(float64(cosine)) {
					a.Undefined++
					continue
				}
				a.Angles[min(AngleBins-1, int(math.Acos(float64(cosine))/math.Pi*AngleBins))]++
			}
		}
		out.Kept += a.Kept / float64(len(r.Steps))
		out.Steps = append(out.Steps, a)
	}
	if len(out.Steps) == 0 {
		return nil, errors.New("consensus is LDCE's: this result has no steps")
	}
	return out, nil
}

// View has the share of locations that each step steered, the spread of the angles at the first, the middle and the last step of
// the trace, and the map of where it was steered.
func (c *Consensus) View() viz.View {
	shares := viz.Curve{}
	var angled []Agreement
	for _, s := range c.Steps {
		shares.Y = append(shares.Y, s.Kept)
		if s.Angles != nil {
			angled = append(angled, s)
		}
	}
	views := []viz.View{viz.Plot{Title: "Locations steered", X: viz.Axis{Label: "step"}, Y: viz.Axis{Label: "share of locations", Max: 1}, Curves: []viz.Curve{shares}}}
	if len(angled) > 0 {
		views = append(views, viz.Plot{Title: "Angles between the two directions", X: viz.Axis{Label: "angle [degrees]", Max: 180},
			Y: viz.Axis{Label: "share of locations"}, Curves: spreadOf(angled)})
	}
	if r := c.result; r.Consensus != nil {
		views = append(views, viz.Figure{Title: "steered", Caption: "share of steps", Picture: c.drawn(), Bar: viz.HeatBar("0", "1")})
	}
	return viz.Panels{Views: views}
}

// spreadOf are the histograms of the first, the middle and the last of steps.
func spreadOf(steps []Agreement) []viz.Curve {
	chosen := []int{0, len(steps) / 2, len(steps) - 1}
	var out []viz.Curve
	for i, at := range chosen {
		if i > 0 && at == chosen[i-1] {
			continue
		}
		total := 0
		for _, n := range steps[at].Angles {
			total += n
		}
		curve := viz.Curve{Name: fmt.Sprintf("step %d", steps[at].Step+1), Points: true}
		for bin, n := range steps[at].Angles {
			curve.X = append(curve.X, (float64(bin)+0.5)*180/AngleBins)
			curve.Y = append(curve.Y, float64(n)/float64(max(1, total)))
		}
		out = append(out, curve)
	}
	return out
}

func (c *Consensus) drawn() image.Image {
	return viz.Heat(c.result.Consensus, c.result.Original.Width, c.result.Original.Height)
}

// Drawings are consensus.png, and the map of where it was steered if locations were filtered.
func (c *Consensus) Drawings() []viz.Drawing {
	out := []viz.Drawing{{Name: "consensus", Image: c.View().Image()}}
	if c.result.Consensus != nil {
		out = append(out, viz.Drawing{Name: "consensus-map", Image: c.drawn()})
	}
	return out
}

// String tells how many locations were steered.
func (c *Consensus) String() string {
	return fmt.Sprintf("%.1f %% of the locations are steered on average; %.1f %% in the first of %d steps, %.1f %% in the last",
		100*c.Kept, 100*c.Steps[0].Kept, len(c.Steps), 100*c.Steps[len(c.Steps)-1].Kept)
}
