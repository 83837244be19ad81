package viz

import (
	"image/color"
	"testing"
)

func TestLatent(t *testing.T) {
	for _, test := range []struct{ channels, width, height int }{{0, 5, 3}, {1, 5, 3}, {2, 11, 3}, {3, 11, 7}, {4, 11, 7}, {8, 17, 11}} {
		g := grid(5, 3, max(1, test.channels), func(x, y, c int) float64 { return 0 })
		g.Channels = test.channels
		wantSize(t, Latent(g), test.width, test.height)
	}
	img := Latent(grid(2, 2, 4, func(x, y, c int) float64 { return float64(2*c-3) * 1.5 })) // -4.5, -1.5, 1.5, 4.5
	grey := func(y uint8) color.RGBA { return color.RGBA{y, y, y, 255} }
	wantColor(t, img, 1, 1, grey(0), 0) // beyond the scale
	wantColor(t, img, 3, 0, grey(64), 1)
	wantColor(t, img, 0, 3, grey(191), 1)
	wantColor(t, img, 4, 4, grey(255), 0)
	wantColor(t, img, 2, 2, color.RGBA{}, 0) // between channels
}
