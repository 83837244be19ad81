package viz

import (
	"image"
	"image/color"
	"math"
	"slices"
	"sync"

	"otherwise/counterfactual"
)

// Angles draws the angles whose cosines a grid of one channel has, at the grid's own size: blue where two directions agree (0 degrees), white
// where they have nothing to do with each other (90), red where they oppose (180). Evenly by the angle, not by its cosine. A NaN,
// where one of the directions has no length and there is no angle, is magenta.
func Angles(cosines *counterfactual.Grid) image.Image {
	if !plane(cosines) {
		return undrawable()
	}
	img := image.NewPaletted(image.Rect(0, 0, cosines.Width, cosines.Height), anglePalette())
	for i, v := range cosines.Values {
		angle := math.NaN()
		if v == v {
			angle = math.Acos(max(-1, min(1, float64(v)))) / math.Pi
		}
		img.Pix[i] = index(angle)
	}
	return img
}

// anglePalette has agreement in the cold colour: red is the warning.
var anglePalette = sync.OnceValue(func() color.Palette { return slices.Clone(differencePalette()) })
