package viz

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/png"

	"otherwise/counterfactual"
)

// Figure is a picture inside of a page: a PNG as a data URL, to be shown Width x Height pixels large. Sharp says that it is
// shown enlarged and its pixels are to stay squares.
type Figure struct {
	Title, Detail string
	Data          template.URL
	Width, Height int
	Sharp         bool
}

// NewFigure embeds a picture and has it shown in about side pixels: a smaller one in whole multiples of its size, a larger
// one as it is.
func NewFigure(title, detail string, img image.Image, side int) (Figure, error) {
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		return Figure{}, fmt.Errorf("picture %q: %w", title, err)
	}
	size := img.Bounds().Size()
	factor := enlargement(size, side)
	shown := size.Mul(factor)
	return Figure{
		Title: title, Detail: detail, Width: shown.X, Height: shown.Y, Sharp: factor > 1,
		Data: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(data.Bytes())),
	}, nil
}

// Figures are the parts of a result that a page shows, the outcome first: what differs between the methods comes last, so
// that their common pictures stand below each other. A result that makes no sense, or doesn't fit the classes' names, is
// an error.
func Figures(r *counterfactual.Result, classes []string) ([]Figure, error) {
	if err := check(r, classes); err != nil {
		return nil, err
	}
	best := counterfactual.ArgMax(r.After)
	rank := []string{"original", "counterfactual", "difference", "reconstruction", "overlay", "outline", "consensus"}
	details := map[string]string{
		"original":       classes[r.Predicted] + " " + Probability(r.Before[r.Predicted]),
		"counterfactual": classes[best] + " " + Probability(r.After[best]),
		"difference":     "blue darker, red brighter",
		"reconstruction": "autoencoder alone",
		"overlay":        "where it looks",
		"outline":        "inside it may change",
		"consensus":      "where it was steered",
	}
	titles := map[string]string{"overlay": "activation map", "outline": "mask"}
	all := parts(r)
	var out []Figure
	for _, name := range rank {
		for _, p := range all {
			if p.name != name {
				continue
			}
			title := p.title
			if t, ok := titles[name]; ok {
				title = t
			}
			f, err := NewFigure(title, details[name], p.image, shownSide)
			if err != nil {
				return nil, err
			}
			out = append(out, f)
		}
	}
	return out, nil
}
