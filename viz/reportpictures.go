package viz

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"strings"

	"otherwise/counterfactual"
)

// pictureView is a picture inside of the page, shown Width x Height pixels large; Sharp keeps the pixels of an enlarged one.
type pictureView struct {
	Title, Detail string
	Data          template.URL
	Width, Height int
	Sharp         bool
}

// frameView is a step of the trace.
type frameView struct {
	Label, Probability string
	Decoded, Latent    *pictureView
}

// curveView is the target's probability over the steps, as the points of a line in a box of 100 x 100, y downwards.
type curveView struct {
	Stage       string
	Steps       int
	Points      string
	First, Last string
}

// frameSide is about the side, in pixels, of a frame in the page: all fit beside each other on a desk.
const frameSide = 96

// newPictureView embeds a picture and has it shown in about side pixels: a smaller one in whole multiples of its size.
func newPictureView(title, detail string, img image.Image, side int) (pictureView, error) {
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		return pictureView{}, fmt.Errorf("picture %q: %w", title, err)
	}
	size := img.Bounds().Size()
	factor := enlargement(size, side)
	shown := size.Mul(factor)
	return pictureView{
		Title: title, Detail: detail, Width: shown.X, Height: shown.Y, Sharp: factor > 1,
		Data: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(data.Bytes())),
	}, nil
}

// pictures are the parts of a result that the page shows, the outcome first: what differs between the methods comes
// last, so that their common pictures stand below each other.
func pictures(r *counterfactual.Result, classes []string) ([]pictureView, error) {
	best := counterfactual.ArgMax(r.After)
	rank := []string{"original", "counterfactual", "difference", "reconstruction", "overlay", "outline", "consensus"}
	details := map[string]string{
		"original":       classes[r.Predicted] + " " + probability(r.Before[r.Predicted]),
		"counterfactual": classes[best] + " " + probability(r.After[best]),
		"difference":     "blue darker, red brighter",
		"reconstruction": "autoencoder alone",
		"overlay":        "where it looks",
		"outline":        "inside it may change",
		"consensus":      "where it was steered",
	}
	titles := map[string]string{"overlay": "activation map", "outline": "mask"}
	all := parts(r)
	var out []pictureView
	for _, name := range rank {
		for _, p := range all {
			if p.name != name {
				continue
			}
			title := p.title
			if t, ok := titles[name]; ok {
				title = t
			}
			v, err := newPictureView(title, details[name], p.image, shownSide)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	return out, nil
}

func newFrames(steps []counterfactual.Step) ([]frameView, error) {
	var out []frameView
	for _, s := range frames(steps) {
		f := frameView{Label: label(s), Probability: probability(s.TargetProbability)}
		if s.Decoded != nil {
			v, err := newPictureView("decoded picture", "", shrink(Image(*s.Decoded), frameSide), frameSide)
			if err != nil {
				return nil, err
			}
			f.Decoded = &v
		}
		if s.Latent != nil {
			v, err := newPictureView("latent", "", shrink(Latent(s.Latent), frameSide), frameSide)
			if err != nil {
				return nil, err
			}
			f.Latent = &v
		}
		out = append(out, f)
	}
	return out, nil
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
		First: probability(steps[0].TargetProbability), Last: probability(steps[len(steps)-1].TargetProbability)}
}
