package viz

import (
	"image"
	"image/color"
	"math"
	"testing"

	"otherwise/counterfactual"
)

func TestImage(t *testing.T) {
	grey := Image(counterfactual.Picture{Height: 1, Width: 3, Channels: 1, Values: []float32{0, .5, 1}})
	wantSize(t, grey, 3, 1)
	wantColor(t, grey, 0, 0, color.RGBA{0, 0, 0, 255}, 0)
	wantColor(t, grey, 1, 0, color.RGBA{128, 128, 128, 255}, 0)
	wantColor(t, grey, 2, 0, color.RGBA{255, 255, 255, 255}, 0)

	colour := Image(counterfactual.Picture{Height: 2, Width: 1, Channels: 3, Values: []float32{1, 0, 0, 0, 0, 1}})
	wantSize(t, colour, 1, 2)
	wantColor(t, colour, 0, 0, color.RGBA{255, 0, 0, 255}, 0)
	wantColor(t, colour, 0, 1, color.RGBA{0, 0, 255, 255}, 0)
}

// What can't be drawn must neither panic nor look like a picture.
func TestUndrawable(t *testing.T) {
	type P = counterfactual.Picture
	good, nan := shape(4, 0), float32(math.NaN())
	bad := map[string]P{
		"empty":         {},
		"too few":       {Height: 4, Width: 4, Channels: 1, Values: make([]float32, 15)},
		"two channels":  {Height: 1, Width: 1, Channels: 2, Values: []float32{0, 0}},
		"overflow":      {Height: math.MaxInt, Width: math.MaxInt, Channels: 1, Values: []float32{1}},
		"negative size": {Height: -2, Width: -2, Channels: 1, Values: make([]float32, 4)},
	}
	images := map[string]image.Image{
		"NaN":           Image(P{Height: 1, Width: 1, Channels: 1, Values: []float32{nan}}),
		"no map":        Heat(nil, 8, 8),
		"no overlay":    Overlay(good, nil, OverlayAlpha),
		"no mask":       MaskImage(nil),
		"no outline":    Outline(good, nil),
		"no latent":     Latent(nil),
		"short map":     Heat(&counterfactual.Grid{Height: 3, Width: 3, Values: make([]float32, 8)}, 8, 8),
		"deep map":      Heat(grid(2, 2, 3, func(x, y, c int) float64 { return 0 }), 8, 8),
		"short latent":  Latent(&counterfactual.Grid{Height: 3, Width: 3, Channels: 2, Values: make([]float32, 9)}),
		"two sizes":     Difference(good, shape(5, 0)),
		"huge latent":   Latent(&counterfactual.Grid{Height: math.MaxInt, Width: 3, Channels: 2, Values: make([]float32, 9)}),
		"negative mask": MaskImage(&counterfactual.Grid{Height: -1, Width: -1, Values: []float32{1}}),
	}
	for name, p := range bad {
		images["picture "+name] = Image(p)
		images["difference "+name] = Difference(good, p)
		if name != "two channels" {
			images["overlay "+name] = Overlay(p, grid(1, 1, 1, func(x, y, c int) float64 { return 0 }), OverlayAlpha)
		}
	}
	for name, img := range images {
		t.Run(name, func(t *testing.T) {
			wantSize(t, img, 1, 1)
			wantColor(t, img, 0, 0, magenta, 0)
		})
	}
}
