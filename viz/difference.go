package viz

import (
	"image"
	"image/color"
	"sync"

	"otherwise/counterfactual"
)

// DifferenceScale is the change of a value, of a range of 1, that [Difference] shows in full red or full blue.
const DifferenceScale = 0.5

// Difference shows where b is brighter than a (red), darker (blue) and unchanged (white). The scale is fixed, from
// -DifferenceScale to +DifferenceScale, so that differences compare with each other; larger changes look like the
// largest. In colour, a pixel shows the channel that changed most. Pictures of two sizes have no difference.
func Difference(a, b counterfactual.Picture) image.Image {
	if !drawable(a) || !drawable(b) || a.Width != b.Width || a.Height != b.Height || a.Channels != b.Channels {
		return undrawable()
	}
	img := image.NewPaletted(image.Rect(0, 0, a.Width, a.Height), differencePalette())
	for i := range img.Pix {
		var most float64
		for c := i * a.Channels; c < (i+1)*a.Channels; c++ {
			// Not "larger than": a NaN must win, to be seen.
			if d := float64(b.Values[c]) - float64(a.Values[c]); !(d*d <= most*most) {
				most = d
			}
		}
		img.Pix[i] = index((most/DifferenceScale + 1) / 2)
	}
	return img
}

// drawable reports whether the values fit the size.
func drawable(p counterfactual.Picture) bool {
	return p.Width > 0 && p.Height > 0 && p.Channels > 0 && fits(len(p.Values), p.Width, p.Height, p.Channels)
}

// fits reports whether n values are width x height x channels, without an overflow.
func fits(n, width, height, channels int) bool {
	return width <= n && height <= n/width && channels <= n/width/height && width*height*channels == n
}

var differencePalette = sync.OnceValue(func() color.Palette {
	return palette(func(share float64) color.Color {
		if share < .5 {
			return blend(color.RGBA{R: 24, G: 78, B: 190, A: 255}, color.RGBA{R: 255, G: 255, B: 255, A: 255}, 2*share)
		}
		return blend(color.RGBA{R: 255, G: 255, B: 255, A: 255}, color.RGBA{R: 200, G: 24, B: 36, A: 255}, 2*share-1)
	})
})

// blend is from at share 0 and to at share 1, both opaque.
func blend(from, to color.RGBA, share float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-share) + float64(b)*share + .5) }
	return color.RGBA{R: mix(from.R, to.R), G: mix(from.G, to.G), B: mix(from.B, to.B), A: 255}
}
