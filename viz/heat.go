package viz

import (
	"image"
	"image/color"
	"math"
	"sync"

	"gonum.org/v1/plot/palette/moreland"

	"otherwise/counterfactual"
)

// maxSide bounds, in pixels, what is drawn on request.
const maxSide = 8192

// Heat draws a map of values in [0, 1], an activation map or a consensus map, at a size of width x height pixels; 0 or
// less is the grid's own. Colours run from black (0) by blue, red and yellow to white (1), their lightness evenly
// (Moreland's extended black body). Grid cells stay sharp: enlarged, one sees how coarse the map is.
func Heat(g *counterfactual.Grid, width, height int) image.Image {
	if !plane(g) {
		return undrawable()
	}
	if width < 1 || height < 1 {
		width, height = g.Width, g.Height
	}
	width, height = min(width, maxSide), min(height, maxSide)
	img := image.NewPaletted(image.Rect(0, 0, width, height), heatPalette())
	for i := range img.Pix {
		img.Pix[i] = index(sample(g, i%width, i/width, width, height))
	}
	return img
}

// OverlayAlpha is an opacity for [Overlay] that leaves what is below the map's heights to be seen.
const OverlayAlpha = 0.75

// Overlay lays the colours of [Heat] over a picture, the more opaque the higher the map is there: alpha, 0 to 1, is the opacity where the
// map is 1.
func Overlay(p counterfactual.Picture, g *counterfactual.Grid, alpha float64) image.Image {
	if !drawable(p) || !plane(g) {
		return undrawable()
	}
	base := Image(p)
	bounds := base.Bounds()
	img := image.NewRGBA(bounds)
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			v := sample(g, x, y, bounds.Dx(), bounds.Dy())
			over := heatPalette()[index(v)].(color.RGBA)
			if math.IsNaN(v) {
				v = 1
			}
			under := color.RGBAModel.Convert(base.At(x, y)).(color.RGBA)
			img.SetRGBA(x, y, blend(under, over, max(0, min(1, alpha))*max(0, min(1, v))))
		}
	}
	return img
}

// plane reports whether a grid is there, has one channel, and values that fit its size.
func plane(g *counterfactual.Grid) bool {
	return g != nil && g.Channels <= 1 && stack(g)
}

// stack is plane for any number of channels.
func stack(g *counterfactual.Grid) bool {
	return g != nil && g.Width > 0 && g.Height > 0 && fits(len(g.Values), g.Width, g.Height, max(1, g.Channels))
}

// sample is a plane's value under the pixel (x, y) of a picture of width x height.
func sample(g *counterfactual.Grid, x, y, width, height int) float64 {
	return float64(g.Values[y*g.Height/height*g.Width+x*g.Width/width])
}

var heatPalette = sync.OnceValue(func() color.Palette {
	m := moreland.ExtendedBlackBody()
	m.SetMin(0)
	m.SetMax(1)
	return palette(func(share float64) color.Color {
		c, err := m.At(share)
		if err != nil {
			return magenta // unreachable for shares of 0 to 1
		}
		return color.RGBAModel.Convert(c)
	})
})
