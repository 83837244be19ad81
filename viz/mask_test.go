package viz

import (
	"image/color"
	"testing"

	"otherwise/counterfactual"
)

func TestMaskImage(t *testing.T) {
	img := MaskImage(&counterfactual.Grid{Height: 1, Width: 2, Values: []float32{0, 1}})
	wantSize(t, img, 2, 1)
	wantColor(t, img, 0, 0, color.RGBA{0, 0, 0, 255}, 0)
	wantColor(t, img, 1, 0, color.RGBA{255, 255, 255, 255}, 0)
}

func TestOutline(t *testing.T) {
	p := counterfactual.Picture{Height: 16, Width: 16, Channels: 1, Values: make([]float32, 256)}
	mask := grid(16, 16, 1, func(x, y, _ int) float64 {
		if x >= 4 && x < 8 && y < 8 {
			return 1
		}
		return 0
	})
	img := Outline(p, mask)
	wantSize(t, img, 160, 160)
	black := color.RGBA{0, 0, 0, 255}
	wantColor(t, img, 39, 40, black, 0) // outside
	wantColor(t, img, 40, 40, outlineColor, 0)
	wantColor(t, img, 60, 40, black, 0) // deep inside
	wantColor(t, img, 79, 40, outlineColor, 0)
	wantColor(t, img, 80, 40, black, 0)
	wantColor(t, img, 60, 0, outlineColor, 0) // the picture's rim is a rim
	wantColor(t, img, 60, 79, outlineColor, 0)

	large := counterfactual.Picture{Height: 200, Width: 10, Channels: 1, Values: make([]float32, 2000)}
	wantSize(t, Outline(large, mask), 10, 200)
}

// Without foreground there is no line, with foreground all over one around the picture.
func TestOutlineOfNothingAndAll(t *testing.T) {
	p := counterfactual.Picture{Height: 160, Width: 160, Channels: 1, Values: make([]float32, 160*160)}
	for _, fill := range []float64{0, 1} {
		img := Outline(p, grid(4, 4, 1, func(x, y, c int) float64 { return fill }))
		rim := color.RGBA{0, 0, 0, 255}
		if fill == 1 {
			rim = outlineColor
		}
		wantColor(t, img, 0, 159, rim, 0)
		wantColor(t, img, 80, 80, color.RGBA{0, 0, 0, 255}, 0)
	}
}
