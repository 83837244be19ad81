package viz

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"

	"otherwise/counterfactual"
)

// Scrubber shows a method step by step: a slider, and a button that plays the steps. Of each step that kept something it shows what it
// kept: the picture it implies, the latent's channels, LDCE's angles and consensus mask, and, with the method's option trace_fields, the
// clean latent, the classifier's gradient and the implicit classifier's, these two in one colour code. Still, the steps
// stand beside each other.
type Scrubber struct {
	Title string // "step by step" if empty
	Steps []counterfactual.Step
	// Decode, unless nil, decodes the steps' latents, noise included: [counterfactual.Decoder.Decode], of the model's own autoencoder or of
	// a tiny one for previews.
	Decode func(latents ...counterfactual.Grid) ([]counterfactual.Picture, error)
	Frames int  // most steps shown; 11 if 0
	Brief  bool // pictures and latents alone
}

// frameSide is about the side, in pixels, of a frame's pictures when still: all fit beside each other on a desk.
const frameSide = 96

// stepFrame is a step's pictures.
type stepFrame struct {
	Step, Probability string
	Figures           []Figure
}

// Label names a step and tells the target's probability.
func (f stepFrame) Label() string { return f.Step + ", target " + f.Probability }

// Width is that of the widest picture on the screen, in pixels.
func (f stepFrame) Width() int {
	width := frameSide
	for _, figure := range f.Figures {
		width = max(width, figure.Width())
	}
	return width
}

func (s Scrubber) frames() ([]stepFrame, error) {
	steps := frames(s.Steps, s.Frames)
	if len(steps) == 0 {
		return nil, errors.New("no step of the trace kept a picture or a latent: raise the method's option trace_frames")
	}
	noisy, err := s.decoded(steps)
	if err != nil {
		return nil, err
	}
	var out []stepFrame
	for i, step := range steps {
		f := stepFrame{Step: label(step), Probability: Probability(step.TargetProbability)}
		add := func(title, alt string, img image.Image) {
			img = shrink(img, smoothSide)
			numbers := !strings.HasSuffix(title, ", decoded")
			f.Figures = append(f.Figures, Figure{Title: title, Alt: alt + " at " + f.Label(), Picture: img, Side: frameSide, Pixels: numbers})
		}
		if step.Decoded != nil {
			add("x0, decoded", "the picture that the step implies", Image(*step.Decoded))
		}
		if noisy != nil && noisy[i] != nil {
			add("latent, decoded", "the latent with its noise, decoded", noisy[i])
		}
		if step.Latent != nil {
			add("latent, channels", "the latent's channels in grey", Latent(step.Latent))
		}
		if !s.Brief {
			addGuidance(add, step)
		}
		out = append(out, f)
	}
	return out, nil
}

// addGuidance adds what a step was steered by.
func addGuidance(add func(title, alt string, img image.Image), step counterfactual.Step) {
	if step.X0 != nil {
		add("x0, channels", "the predicted clean latent's channels in grey", Latent(step.X0))
	}
	switch {
	case step.Gradient != nil && step.Direction != nil:
		both := Fields(step.Gradient, step.Direction)
		add("classifier gradient", "the classifier's gradient as colours", both[0])
		add("implicit classifier", "the implicit classifier's gradient as colours", both[1])
	case step.Gradient != nil:
		add("classifier gradient", "the classifier's gradient as colours", Fields(step.Gradient)[0])
	}
	if step.Cosines != nil {
		add("angle", "the angles between the gradients of classifier and implicit classifier", Angles(step.Cosines))
	}
	if step.Kept != nil && step.Cosines != nil {
		add("consensus mask", "where the step was steered, white", MaskImage(step.Kept))
	}
}

// decoded are the pictures of the steps' latents, nil without a decoder.
func (s Scrubber) decoded(steps []counterfactual.Step) ([]image.Image, error) {
	if s.Decode == nil {
		return nil, nil
	}
	var latents []counterfactual.Grid
	var at []int
	for i, step := range steps {
		if step.Latent != nil {
			latents, at = append(latents, *step.Latent), append(at, i)
		}
	}
	out := make([]image.Image, len(steps))
	if len(latents) == 0 {
		return out, nil
	}
	pictures, err := s.Decode(latents...)
	if err != nil {
		return nil, fmt.Errorf("decoding the steps' latents: %w", err)
	}
	if len(pictures) != len(latents) {
		return nil, fmt.Errorf("decoding the steps' latents: %d pictures of %d latents", len(pictures), len(latents))
	}
	for i, p := range pictures {
		out[at[i]] = Image(p)
	}
	return out, nil
}

func (s Scrubber) title() string {
	if s.Title == "" {
		return "step by step"
	}
	return s.Title
}

// HTML is the slider with the steps.
func (s Scrubber) HTML() (string, error) {
	frames, err := s.frames()
	if err != nil {
		return "", err
	}
	return executed("scrubber", map[string]any{"Title": s.title(), "Side": shownSide, "Frames": frames, "Legend": legendOf(frames), "Script": script(scrubberScript)})
}

// legendOf explains the colours of the kinds of pictures that frames have.
func legendOf(frames []stepFrame) string {
	var out []string
	for _, l := range []struct{ kind, text string }{
		{"latent, channels", fmt.Sprintf("latents: black −%d, white +%d", LatentScale, LatentScale)},
		{"classifier gradient", "gradients: hue is direction, lightness length; equal hues agree"},
		{"angle", "angle: blue 0°, white 90°, red 180°"},
		{"consensus mask", "consensus mask: steered where white"},
	} {
		if slices.ContainsFunc(frames, func(f stepFrame) bool {
			return slices.ContainsFunc(f.Figures, func(g Figure) bool { return g.Title == l.kind })
		}) {
			out = append(out, l.text)
		}
	}
	return strings.Join(out, ". ")
}

// Image has a row for each kind of picture and a column for each step.
func (s Scrubber) Image() image.Image {
	frames, err := s.frames()
	if err != nil {
		return undrawable()
	}
	var kinds, labels []string
	at := map[string]int{}
	for _, f := range frames {
		labels = append(labels, f.Step+"\ntarget "+f.Probability)
		for _, figure := range f.Figures {
			if _, known := at[figure.Title]; !known {
				at[figure.Title] = len(kinds)
				kinds = append(kinds, figure.Title)
			}
		}
	}
	rows := make([][]image.Image, len(kinds))
	for i := range rows {
		rows[i] = make([]image.Image, len(frames))
	}
	for column, f := range frames {
		for _, figure := range f.Figures {
			rows[at[figure.Title]][column] = figure.Picture
		}
	}
	return GridOf(rows, kinds, labels)
}

// Text tells how many steps there are, and of the first and the last the target's probability.
func (s Scrubber) Text() string {
	if len(s.Steps) == 0 {
		return s.title() + ": no steps"
	}
	last := steered(s.Steps)
	return fmt.Sprintf("%s: %d steps; target %s at %s, %s at %s", s.title(), len(s.Steps), Probability(last[0].TargetProbability), label(last[0]),
		Probability(last[len(last)-1].TargetProbability), label(last[len(last)-1]))
}

// Animation is the steps' pictures, one after the other.
func (s Scrubber) Animation() (Animation, error) {
	a := Animation{Title: s.title(), Alt: s.Text()}
	for _, step := range frames(s.Steps, s.Frames) {
		if step.Decoded != nil {
			a.Frames = append(a.Frames, Image(*step.Decoded))
		}
	}
	if len(a.Frames) == 0 {
		return Animation{}, errors.New("no step of the trace kept a picture: raise the method's option trace_frames")
	}
	return a, nil
}
