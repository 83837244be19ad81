package viz

import (
	"image/color"
	"math"
	"testing"

	"otherwise/counterfactual"
)

func TestUnchangedIsWhite(t *testing.T) {
	p := shape(32, .3)
	img := Difference(p, p)
	wantSize(t, img, 32, 32)
	for i := range 32 * 32 {
		wantColor(t, img, i%32, i/32, color.RGBA{255, 255, 255, 255}, 0)
	}
}

func TestDifference(t *testing.T) {
	row := func(values ...float32) counterfactual.Picture {
		return counterfactual.Picture{Height: 1, Width: len(values), Channels: 1, Values: values}
	}
	img := Difference(row(0, 0, 0, 1, 1, .5), row(.5, 1, .1, .5, 0, float32(math.NaN())))
	red, blue := color.RGBA{200, 24, 36, 255}, color.RGBA{24, 78, 190, 255}
	wantColor(t, img, 0, 0, red, 0)
	wantColor(t, img, 1, 0, red, 0) // beyond the scale
	wantColor(t, img, 2, 0, color.RGBA{244, 209, 211, 255}, 3)
	wantColor(t, img, 3, 0, blue, 0)
	wantColor(t, img, 4, 0, blue, 0)
	wantColor(t, img, 5, 0, magenta, 0)
}

// A change of hue at the same brightness is a change.
func TestDifferenceInColour(t *testing.T) {
	pixels := func(values ...float32) counterfactual.Picture {
		return counterfactual.Picture{Height: 1, Width: len(values) / 3, Channels: 3, Values: values}
	}
	img := Difference(pixels(.5, .5, .5, 0, 0, 0), pixels(1, .3, .5, 0, 0, 0))
	wantColor(t, img, 0, 0, color.RGBA{200, 24, 36, 255}, 0)
	wantColor(t, img, 1, 0, color.RGBA{255, 255, 255, 255}, 0)
}
