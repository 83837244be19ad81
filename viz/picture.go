package viz

import (
	"image"
	"image/color"
	"math"

	"otherwise/counterfactual"
	"otherwise/datasets/picture"
)

var magenta = color.RGBA{R: 255, B: 255, A: 255}

// Image is a picture at its own size: grey of one channel, colour of three. Values are clamped to [0, 1].
func Image(p counterfactual.Picture) image.Image {
	img, err := picture.FromFloats(p.Values, p.Width, p.Height, p.Channels)
	if err != nil {
		return undrawable()
	}
	return img
}

// undrawable stands for what has no size that could be drawn.
func undrawable() image.Image {
	return image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{magenta})
}

// palette is a colour map of 255 colours with magenta, for NaN, as the last.
func palette(at func(share float64) color.Color) color.Palette {
	const last = 254
	colors := make(color.Palette, 0, last+2)
	for i := range last + 1 {
		colors = append(colors, at(float64(i)/last))
	}
	return append(colors, magenta)
}

// index is the place in a palette of a share of 0 to 1, clamped.
func index(share float64) uint8 {
	if math.IsNaN(share) {
		return 255
	}
	return uint8(math.Round(254 * max(0, min(1, share))))
}
