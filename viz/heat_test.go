package viz

import (
	"image/color"
	"math"
	"testing"

	"otherwise/counterfactual"
)

func TestHeat(t *testing.T) {
	g := &counterfactual.Grid{Height: 2, Width: 2, Values: []float32{0, 1, float32(math.NaN()), 7}}
	img := Heat(g, 6, 4)
	wantSize(t, img, 6, 4)
	black, white := color.RGBA{0, 0, 0, 255}, color.RGBA{255, 255, 255, 255}
	wantColor(t, img, 2, 1, black, 2) // a cell's last pixel: cells stay sharp
	wantColor(t, img, 3, 1, white, 2)
	wantColor(t, img, 0, 2, magenta, 0)
	wantColor(t, img, 5, 3, white, 2) // clamped
	wantSize(t, Heat(g, 0, 0), 2, 2)
}

// Perceptually uniform: the lightness of the colours rises all the way, without a jump.
func TestHeatLightness(t *testing.T) {
	lightness := func(c color.Color) int { return int(color.GrayModel.Convert(c).(color.Gray).Y) }
	colors := heatPalette()
	for i := range colors[:254] {
		if step := lightness(colors[i+1]) - lightness(colors[i]); step < -1 || step > 6 {
			t.Errorf("from colour %d to the next, lightness changes by %d", i, step)
		}
	}
}

func TestOverlay(t *testing.T) {
	p := counterfactual.Picture{Height: 1, Width: 3, Channels: 1, Values: []float32{.5, .5, .5}}
	img := Overlay(p, &counterfactual.Grid{Height: 1, Width: 3, Values: []float32{0, 1, float32(math.NaN())}}, OverlayAlpha)
	wantSize(t, img, 3, 1)
	wantColor(t, img, 0, 0, color.RGBA{128, 128, 128, 255}, 0) // the picture, untouched
	wantColor(t, img, 1, 0, color.RGBA{223, 223, 223, 255}, 2) // three quarters of white
	wantColor(t, img, 2, 0, color.RGBA{223, 32, 223, 255}, 2)
}
