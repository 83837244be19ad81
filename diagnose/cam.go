package diagnose

import (
	"context"
	"errors"
	"fmt"

	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/viz"
)

// Attention is where the classifier looks before and after: activation maps of original and counterfactual.
type Attention struct {
	Options cam.Options `json:"cam"`
	// Before is the original's map for the class that it had, Wanted the original's for the target, and After the counterfactual's for the
	// target: [height, width] in [0, 1]. Nil where nothing in the picture speaks for the class.
	Before *counterfactual.Grid `json:"-"`
	Wanted *counterfactual.Grid `json:"-"`
	After  *counterfactual.Grid `json:"-"`
	// OnChange is the share of After that lies on pixels which changed by more than a tenth of the range of values; ChangedShare is the
	// share of pixels that did, which OnChange would be if the map knew nothing of the change.
	OnChange     Number  `json:"on_change"`
	ChangedShare float64 `json:"changed_share"`

	result *counterfactual.Result
}

// changed is the difference from which on a pixel counts as changed.
const changed = 0.1

// Attend makes the activation maps of a result. The zero value of the options is ScoreCAM at the classifier's own layer.
func Attend(ctx context.Context, m counterfactual.Models, r *counterfactual.Result, o cam.Options) (*Attention, error) {
	mapper, err := cam.New(m.Backend, m.Classifier, o)
	if err != nil {
		return nil, err
	}
	a := &Attention{Options: mapper.Options(), result: r}
	for _, part := range []struct {
		into    **counterfactual.Grid
		picture counterfactual.Picture
		class   int
	}{{&a.Before, r.Original, r.Predicted}, {&a.Wanted, r.Original, r.Target}, {&a.After, r.Counterfactual, r.Target}} {
		if *part.into, err = mapper.Map(ctx, part.picture, part.class); err != nil && !errors.Is(err, cam.ErrFlatMap) {
			return nil, err
		}
	}
	where := changes(r)
	sum, on, count := 0.0, 0.0, 0
	for i, c := range where {
		there := 0.0
		if a.After != nil {
			there = float64(a.After.Values[i])
		}
		sum += there
		if c > changed {
			on += there
			count++
		}
	}
	a.ChangedShare = float64(count) / float64(len(where))
	a.OnChange = Number(on / sum)
	return a, nil
}

// View has both pictures, what changed, and the maps.
func (a *Attention) View() viz.View {
	r := a.result
	views := pair(r, "", "")
	for _, m := range []struct {
		grid           *counterfactual.Grid
		title, caption string
	}{{a.Before, "original", "for the class it had"}, {a.Wanted, "original", "for the target"}, {a.After, "counterfactual", "for the target"}} {
		if m.grid != nil {
			views = append(views, viz.Figure{Title: m.title, Caption: m.caption, Picture: viz.Heat(m.grid, r.Original.Width, r.Original.Height), Bar: viz.HeatBar("0", "1")})
		}
	}
	return viz.Panels{Views: views}
}

// Drawings are cam.png and the counterfactual's map for the target.
func (a *Attention) Drawings() []viz.Drawing {
	out := []viz.Drawing{{Name: "cam", Image: a.View().Image()}}
	if a.After != nil {
		out = append(out, viz.Drawing{Name: "cam-counterfactual", Image: viz.Heat(a.After, a.result.Original.Width, a.result.Original.Height)})
	}
	return out
}

// String tells whether the classifier looks at what changed.
func (a *Attention) String() string {
	if a.After == nil {
		return "no part of the counterfactual speaks for the target"
	}
	return fmt.Sprintf("%.0f %% of the map for the target lies on the %.0f %% of pixels that changed (%s of layer %q)",
		100*float64(a.OnChange), 100*a.ChangedShare, a.Options.Method, a.Options.Layer)
}
