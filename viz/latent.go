package viz

import (
	"image"
	"image/color"
	"math"
	"sync"

	"otherwise/counterfactual"
)

// LatentScale is the latent value that [Latent] shows white; minus it is black. Latents are normalised, so that few
// values lie beyond.
const LatentScale = 3

// Latent draws the channels of a latent in grey, side by side in rows that make the whole about square, one transparent
// pixel apart. The scale is fixed, so that the latents of two steps compare.
func Latent(g *counterfactual.Grid) image.Image {
	if !stack(g) {
		return undrawable()
	}
	channels := max(1, g.Channels)
	columns := int(math.Ceil(math.Sqrt(float64(channels))))
	rows := (channels + columns - 1) / columns
	img := image.NewPaletted(image.Rect(0, 0, columns*(g.Width+1)-1, rows*(g.Height+1)-1), latentPalette())
	for i := range img.Pix {
		img.Pix[i] = transparentIndex
	}
	for i, v := range g.Values {
		channel, place := i%channels, i/channels
		x := channel%columns*(g.Width+1) + place%g.Width
		y := channel/columns*(g.Height+1) + place/g.Width
		at := uint8(nanIndex)
		if v == v {
			at = uint8(math.Round((nanIndex - 1) * max(0, min(1, (float64(v)/LatentScale+1)/2))))
		}
		img.Pix[y*img.Stride+x] = at
	}
	return img
}

// Indices of latentPalette, whose other colours are greys from black to white.
const (
	nanIndex         = 254
	transparentIndex = 255
)

var latentPalette = sync.OnceValue(func() color.Palette {
	colors := make(color.Palette, nanIndex, 256)
	for i := range colors {
		colors[i] = color.Gray{Y: uint8(math.Round(255 * float64(i) / (nanIndex - 1)))}
	}
	return append(colors, magenta, color.Transparent)
})
