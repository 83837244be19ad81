package viz

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"

	"otherwise/counterfactual"
)

// Activation is a class's activation map of a picture, with what it was made by.
type Activation struct {
	Picture    counterfactual.Picture // as the classifier sees it
	Map, Mask  *counterfactual.Grid   // [height, width] of the picture's size; a nil mask is left out
	Class      int
	Before     []float64 // the classifier's probabilities of all classes
	Options    any       // of the method
	Threshold  float64   // that made the mask
	Seconds    float64   // that the map took
	Classifier string    // the file or model
	Info       RunInfo   // Version, Backend and Image are told
}

// activationOwned are the pictures that a folder of [WriteActivation] may hold.
var activationOwned = []string{"original.png", "activation.png", "overlay.png", "mask.png", "outline.png", "overview.png"}

// WriteActivation writes an activation map to the folder dir: original.png, activation.png (the map in colours), overlay.png
// (over the picture), mask.png and outline.png (where there is a mask), overview.png, and, last, cam.json with the numbers and
// options. As with [WriteResult], the files arrive together or not at all.
func WriteActivation(dir string, a Activation, classes []string) error {
	if err := a.check(classes); err != nil {
		return fmt.Errorf("cannot write an activation map to %s: %w", dir, err)
	}
	var files []file
	for _, p := range append(a.parts(classes), part{name: "overview", image: a.overview(classes)}) {
		files = append(files, file{p.name + ".png", func(w io.Writer) error { return png.Encode(w, p.image) }})
	}
	files = append(files, file{"cam.json", func(w io.Writer) error { return a.writeJSON(w, classes) }})
	return replaceFiles(dir, files, activationOwned)
}

func (a Activation) check(classes []string) error {
	if err := a.Picture.Validate(); err != nil {
		return err
	}
	if a.Class < 0 || a.Class >= len(classes) || len(a.Before) != len(classes) {
		return fmt.Errorf("class %d and %d probabilities for %d classes", a.Class, len(a.Before), len(classes))
	}
	if !plane(a.Map) {
		return errors.New("the map is missing, or its values don't fit its size")
	}
	for i, v := range a.Map.Values {
		if math.IsNaN(float64(v)) {
			return fmt.Errorf("the map is NaN at %d", i)
		}
	}
	return nil
}

func (a Activation) parts(classes []string) []part {
	best := counterfactual.ArgMax(a.Before)
	out := []part{
		{"original", fmt.Sprintf("original\n%s %s", classes[best], Probability(a.Before[best])), Image(a.Picture)},
		{"activation", "activation map\n" + classes[a.Class], Heat(a.Map, a.Picture.Width, a.Picture.Height)},
		{"overlay", fmt.Sprintf("overlay\n%s %s", classes[a.Class], Probability(a.Before[a.Class])), Overlay(a.Picture, a.Map, OverlayAlpha)},
	}
	if a.Mask != nil {
		out = append(out, part{"mask", fmt.Sprintf("mask\nfrom %.3g on", a.Threshold), MaskImage(a.Mask)},
			part{"outline", fmt.Sprintf("outline\n%.0f %% of the picture", 100*share(a.Mask)), Outline(a.Picture, a.Mask)})
	}
	return out
}

func (a Activation) overview(classes []string) image.Image {
	var images []image.Image
	var labels []string
	for _, p := range a.parts(classes) {
		images, labels = append(images, p.image), append(labels, p.title)
	}
	return Strip(images, labels)
}

// activationJSON is the content of cam.json.
type activationJSON struct {
	Version    string `json:"version"`
	Classifier string `json:"classifier"`
	Backend    string `json:"backend"`
	Image      string `json:"image"`
	Width      int    `json:"width"` // of the map and the pictures
	Height     int    `json:"height"`

	Class       classJSON `json:"class"`
	Probability float64   `json:"probability"`
	Predicted   classJSON `json:"predicted_class"`
	Options     any       `json:"options"`
	Threshold   *float64  `json:"threshold"`  // null without a mask
	MaskShare   *float64  `json:"mask_share"` // null without a mask
	Seconds     float64   `json:"seconds"`

	Probabilities []probabilityJSON `json:"probabilities"`
}

func (a Activation) writeJSON(w io.Writer, classes []string) error {
	best := counterfactual.ArgMax(a.Before)
	out := activationJSON{Version: a.Info.Version, Classifier: a.Classifier, Backend: a.Info.Backend, Image: a.Info.Image,
		Width: a.Picture.Width, Height: a.Picture.Height, Class: classJSON{a.Class, classes[a.Class]}, Probability: a.Before[a.Class],
		Predicted: classJSON{best, classes[best]}, Options: a.Options, Seconds: a.Seconds}
	if a.Mask != nil {
		maskShare := share(a.Mask)
		out.Threshold, out.MaskShare = &a.Threshold, &maskShare
	}
	for i, p := range a.Before {
		out.Probabilities = append(out.Probabilities, probabilityJSON{classes[i], p})
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}
