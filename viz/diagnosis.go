package viz

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"

	"otherwise/counterfactual"
)

// Drawing is a picture of a folder: the file's name without .png, and what it shows.
type Drawing struct {
	Name  string
	Image image.Image
}

// Diagnosis is what was found by looking at a run, with the run's own numbers.
type Diagnosis struct {
	Kind     string // of diagnosis: the name of the JSON file, without .json, and of the finding in it
	Drawings []Drawing
	Finding  any // its numbers, as JSON
	Result   *counterfactual.Result
	Info     RunInfo
}

// diagnosisJSON is the head of a diagnosis's file.
type diagnosisJSON struct {
	Version    string `json:"version"`
	Method     string `json:"method"`
	Bundle     string `json:"bundle"`
	BundleHash string `json:"bundle_hash"`
	Backend    string `json:"backend"`
	Image      string `json:"image"`
	Seed       uint64 `json:"seed"`

	Predicted    classJSON `json:"predicted_class"`
	Target       classJSON `json:"target_class"`
	TargetBefore float64   `json:"target_probability_before"`
	TargetAfter  float64   `json:"target_probability_after"`
	Flipped      bool      `json:"flipped"`
	Options      any       `json:"options"`
}

// WriteDiagnosis writes the drawings of a diagnosis to the folder dir and, last, its numbers, below those of the run, to KIND.json. As
// with [WriteResult], the files arrive together or not at all; those of other diagnoses in the folder stay.
func WriteDiagnosis(dir string, d Diagnosis) error {
	if err := check(d.Result); err != nil {
		return fmt.Errorf("cannot write a diagnosis to %s: %w", dir, err)
	}
	var files []file
	var owned []string
	for _, drawing := range d.Drawings {
		name := drawing.Name + ".png"
		files = append(files, file{name, func(w io.Writer) error { return png.Encode(w, drawing.Image) }})
		owned = append(owned, name)
	}
	files = append(files, file{d.Kind + ".json", func(w io.Writer) error { return d.writeJSON(w) }})
	return replaceFiles(dir, files, owned)
}

func (d Diagnosis) writeJSON(w io.Writer) error {
	r := d.Result
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Kind string `json:"diagnosis"`
		diagnosisJSON
		Finding any `json:"finding"`
	}{d.Kind, diagnosisJSON{
		Version: d.Info.Version, Method: r.Method, Bundle: d.Info.Bundle, BundleHash: d.Info.BundleHash, Backend: d.Info.Backend,
		Image: d.Info.Image, Seed: r.Seed, Predicted: classJSON{r.Predicted, r.Classes[r.Predicted]}, Target: classJSON{r.Target, r.Classes[r.Target]},
		TargetBefore: r.Before[r.Target], TargetAfter: r.After[r.Target], Flipped: r.Flipped(), Options: r.Options,
	}, d.Finding})
}
