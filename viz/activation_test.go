package viz

import (
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"otherwise/counterfactual"
)

func activation() Activation {
	bump := func(x, y, _ int) float64 { return max(0, 1-math.Hypot(float64(x)-16, float64(y)-16)/14) }
	return Activation{Picture: shape(32, 0), Map: grid(32, 32, 1, bump), Mask: grid(32, 32, 1, func(x, y, _ int) float64 { return math.Round(bump(x, y, 0)) }),
		Class: 1, Before: []float64{.9, .05, .02, .01, .01, .01}, Threshold: .5, Seconds: 1.5, Classifier: "shapes.onnx",
		Options: map[string]any{"method": "score-cam"}, Info: RunInfo{Version: "1.2", Backend: "xla:cpu", Image: "disc.png"}}
}

func TestWriteActivation(t *testing.T) {
	dir := t.TempDir()
	if err := WriteActivation(dir, activation(), classNames); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"original", "activation", "overlay", "mask"} {
		f, err := os.Open(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		wantSize(t, img, 32, 32)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "cam.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{"classifier": "shapes.onnx", "backend": "xla:cpu", "image": "disc.png", "version": "1.2", "probability": .05,
		"threshold": .5, "seconds": 1.5, "width": 32.0} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	if name := got["predicted_class"].(map[string]any)["name"]; name != "circle" {
		t.Errorf("predicted class %v", name)
	}

	// Into the same folder without a mask: the old one must go.
	a := activation()
	a.Mask = nil
	if err := WriteActivation(dir, a, classNames); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mask.png", "outline.png"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s of an earlier map is still there", name)
		}
	}
}

func TestWriteActivationRefuses(t *testing.T) {
	for name, change := range map[string]func(*Activation){
		"NaN":           func(a *Activation) { a.Map.Values[3] = float32(math.NaN()) },
		"no map":        func(a *Activation) { a.Map = nil },
		"class":         func(a *Activation) { a.Class = 6 },
		"probabilities": func(a *Activation) { a.Before = a.Before[:2] },
		"no picture":    func(a *Activation) { a.Picture = counterfactual.Picture{} },
	} {
		a := activation()
		change(&a)
		dir := filepath.Join(t.TempDir(), "out")
		if err := WriteActivation(dir, a, classNames); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a folder was made", name)
		}
	}
}
