package viz

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"slices"
	"strconv"

	"otherwise/counterfactual"
)

// Explorer shows what a threshold on an activation map lets change: the mask over the picture, its share, and, where it was computed, the
// counterfactual of that threshold. A slider goes through the thresholds; mask and numbers are drawn anew at each. Still, up to five of the
// thresholds stand beside each other.
type Explorer struct {
	Title   string // "threshold of the activation map" if empty
	Picture counterfactual.Picture
	Map     *counterfactual.Grid // [height, width] of the picture's size, in [0, 1]
	// Thresholds are the activations from which on a pixel may change (at the threshold too), ascending, up to 255; 0.05, 0.10, ..., 0.95 if nil.
	Thresholds []float64
	// Counterfactuals are what thresholds came to, in any order; each threshold is one of Thresholds. Others have none.
	Counterfactuals []ThresholdResult
}

// ThresholdResult is the counterfactual of a threshold.
type ThresholdResult struct {
	Threshold float64
	Picture   counterfactual.Picture
	Note      string // what to say of it, such as "sneaker 0.981, flipped"
}

// ThresholdOutcome is a result as the explorer shows it.
func ThresholdOutcome(threshold float64, r *counterfactual.Result) (ThresholdResult, error) {
	if err := check(r); err != nil {
		return ThresholdResult{}, fmt.Errorf("threshold %g: %w", threshold, err)
	}
	verdict := "not flipped"
	if r.Flipped() {
		verdict = "flipped"
	}
	return ThresholdResult{threshold, r.Counterfactual, fmt.Sprintf("%s %s, %s", r.Classes[r.Target], Probability(r.After[r.Target]), verdict)}, nil
}

// mostThresholds is what fits a byte, with 0 for an activation below all.
const mostThresholds = 255

func (e Explorer) title() string {
	if e.Title == "" {
		return "threshold of the activation map"
	}
	return e.Title
}

// filled has the defaults, or says what is wrong.
func (e Explorer) filled() (Explorer, error) {
	if err := e.Picture.Validate(); err != nil {
		return e, err
	}
	if !plane(e.Map) || e.Map.Width != e.Picture.Width || e.Map.Height != e.Picture.Height {
		return e, errors.New("the activation map is missing, or not of the picture's size")
	}
	for i, v := range e.Map.Values {
		if !(v >= 0 && v <= 1) {
			return e, fmt.Errorf("the activation map is %g at %d; legal is 0 to 1", v, i)
		}
	}
	if e.Thresholds == nil {
		for i := range 19 {
			e.Thresholds = append(e.Thresholds, float64(i+1)/20)
		}
	}
	if n := len(e.Thresholds); n == 0 || n > mostThresholds {
		return e, fmt.Errorf("%d thresholds; legal are 1 to %d", n, mostThresholds)
	}
	for i, t := range e.Thresholds {
		if t != t || i > 0 && t <= e.Thresholds[i-1] {
			return e, fmt.Errorf("thresholds are %v; they must ascend", e.Thresholds)
		}
	}
	for _, c := range e.Counterfactuals {
		if !slices.Contains(e.Thresholds, c.Threshold) {
			return e, fmt.Errorf("a counterfactual's threshold is %g; legal are %v", c.Threshold, e.Thresholds)
		}
		if err := c.Picture.Validate(); err != nil {
			return e, fmt.Errorf("the counterfactual of threshold %g: %w", c.Threshold, err)
		}
	}
	return e, nil
}

// mask is what threshold t lets change. The comparison is float32's, in which maps are stored, as that of package cam.
func (e Explorer) mask(t float64) (mask *counterfactual.Grid, share float64) {
	mask = &counterfactual.Grid{Height: e.Map.Height, Width: e.Map.Width, Channels: 1, Values: make([]float32, len(e.Map.Values))}
	inside := 0
	for i, v := range e.Map.Values {
		if v >= float32(t) {
			mask.Values[i] = 1
			inside++
		}
	}
	return mask, float64(inside) / float64(len(e.Map.Values))
}

// levels is a picture of how many thresholds each pixel's activation reaches: all that the slider needs, exactly.
func (e Explorer) levels() image.Image {
	img := image.NewGray(image.Rect(0, 0, e.Map.Width, e.Map.Height))
	for i, v := range e.Map.Values {
		for img.Pix[i] < uint8(len(e.Thresholds)) && v >= float32(e.Thresholds[img.Pix[i]]) {
			img.Pix[i]++
		}
	}
	return img
}

// explorerData is what the script needs beside the pictures.
type explorerData struct {
	Width           int             `json:"width"`
	Height          int             `json:"height"`
	Scale           int             `json:"scale"` // pixels on the screen for each of the picture's
	Sharp           bool            `json:"sharp"`
	First           int             `json:"first"` // where the slider begins
	Counterfactuals bool            `json:"counterfactuals"`
	Thresholds      []thresholdData `json:"thresholds"`
}

type thresholdData struct {
	Text string `json:"text"`
	Note string `json:"note,omitempty"`
}

// foundView is a counterfactual of the threshold of that index.
type foundView struct {
	At     int
	Figure Figure
}

// HTML is the slider with mask, numbers and counterfactuals.
func (e Explorer) HTML() (string, error) {
	e, err := e.filled()
	if err != nil {
		return "", fmt.Errorf("exploring thresholds: %w", err)
	}
	picture, err := dataURL(Image(e.Picture))
	if err != nil {
		return "", err
	}
	levels, err := losslessURL(e.levels())
	if err != nil {
		return "", err
	}
	data := explorerData{Width: e.Picture.Width, Height: e.Picture.Height, Sharp: Figure{Picture: Image(e.Picture)}.Sharp(), First: e.first(),
		Counterfactuals: len(e.Counterfactuals) > 0, Scale: e.scale()}
	for _, t := range e.Thresholds {
		data.Thresholds = append(data.Thresholds, thresholdData{Text: thresholdText(t)})
	}
	var found []foundView
	for _, c := range e.Counterfactuals {
		at := slices.Index(e.Thresholds, c.Threshold)
		data.Thresholds[at].Note = c.Note
		found = append(found, foundView{at, Figure{Picture: Image(c.Picture), Side: e.side(), Alt: "counterfactual at threshold " + thresholdText(c.Threshold) + ": " + c.Note}})
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return "", err
	}
	return executed("explorer", map[string]any{"Title": e.title(), "Data": string(raw), "Picture": picture, "Levels": levels, "Map": e.mapFigure(),
		"Stills": e.stills(), "Found": found, "Script": script(explorerScript)})
}

// scale is how many pixels on the screen a pixel of the picture has, each side.
func (e Explorer) scale() int {
	longer := max(e.Picture.Width, e.Picture.Height)
	return max(1, (shownSideOf(e.Picture)+longer/2)/longer)
}

// side is the longer side of the pictures on the screen.
func (e Explorer) side() int { return e.scale() * max(e.Picture.Width, e.Picture.Height) }

func thresholdText(t float64) string { return strconv.FormatFloat(t, 'g', 4, 64) }

// first is where the slider begins: the first threshold with a counterfactual, or the middle one.
func (e Explorer) first() int {
	for i, t := range e.Thresholds {
		if slices.ContainsFunc(e.Counterfactuals, func(c ThresholdResult) bool { return c.Threshold == t }) {
			return i
		}
	}
	return len(e.Thresholds) / 2
}

func (e Explorer) mapFigure() Figure {
	return Figure{Title: "activation map", Picture: Overlay(e.Picture, e.Map, OverlayAlpha), Bar: HeatBar("0 ignored", "1 decisive"), Side: e.side()}
}

// stills are up to five thresholds: those with counterfactuals, or some evenly spread.
func (e Explorer) stills() []Figure {
	var chosen []ThresholdResult
	for _, t := range e.Thresholds {
		at := slices.IndexFunc(e.Counterfactuals, func(c ThresholdResult) bool { return c.Threshold == t })
		switch {
		case at >= 0:
			chosen = append(chosen, e.Counterfactuals[at])
		case len(e.Counterfactuals) == 0:
			chosen = append(chosen, ThresholdResult{Threshold: t})
		}
	}
	var out []Figure
	const most = 5
	for i := range min(most, len(chosen)) {
		c := chosen[i]
		if len(chosen) > most {
			c = chosen[i*(len(chosen)-1)/(most-1)]
		}
		mask, share := e.mask(c.Threshold)
		f := Figure{Title: "threshold " + thresholdText(c.Threshold), Caption: fmt.Sprintf("%.1f %% may change", 100*share), Picture: Outline(e.Picture, mask), Side: shownSideOf(e.Picture)}
		if c.Note != "" {
			f.Caption += "\n" + c.Note
		}
		out = append(out, f)
	}
	return out
}

// Image has the activation map and up to five thresholds beside each other.
func (e Explorer) Image() image.Image {
	e, err := e.filled()
	if err != nil {
		return undrawable()
	}
	return e.panels().Image()
}

// Text tells the share of each threshold that is shown still.
func (e Explorer) Text() string {
	e, err := e.filled()
	if err != nil {
		return e.title() + ": " + err.Error()
	}
	return e.panels().Text()
}

func (e Explorer) panels() Panels {
	p := Panels{Title: e.title(), Views: []View{e.mapFigure()}}
	p.add(e.stills())
	return p
}
