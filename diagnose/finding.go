package diagnose

import (
	"image"

	"otherwise/counterfactual"
	"otherwise/viz"
)

// Finding is what a diagnosis came to. Its exported fields are its numbers, as JSON has them.
type Finding interface {
	// View is what one looks at: a sheet with everything on it.
	View() viz.View
	// Drawings are the view's picture, and maps alone, at the picture's size, as files.
	Drawings() []viz.Drawing
	// String says what was found, in a line or a few.
	String() string
}

// heat draws a map of values from 0 to scale at a picture's size.
func heat(g *counterfactual.Grid, scale float64, like counterfactual.Picture) image.Image {
	shown := &counterfactual.Grid{Height: g.Height, Width: g.Width, Channels: 1, Values: make([]float32, len(g.Values))}
	for i, v := range g.Values {
		shown.Values[i] = float32(float64(v) / scale)
	}
	return viz.Heat(shown, like.Width, like.Height)
}

// pair are the figures that most views begin with.
func pair(r *counterfactual.Result, original, found string) []viz.View {
	return []viz.View{
		viz.Figure{Title: "original", Caption: original, Picture: viz.Image(r.Original)},
		viz.Figure{Title: "counterfactual", Caption: found, Picture: viz.Image(r.Counterfactual)},
		viz.Figure{Title: "difference", Picture: viz.Difference(r.Original, r.Counterfactual), Bar: viz.DifferenceBar()},
	}
}
