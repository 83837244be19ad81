package viz

import (
	"image"
	"image/color"
	"math"

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
	img := image.NewNRGBA(image.Rect(0, 0, columns*(g.Width+1)-1, rows*(g.Height+1)-1))
	for i, v := range g.Values {
		channel, at := i%channels, i/channels
		x := channel%columns*(g.Width+1) + at%g.Width
		y := channel/columns*(g.Height+1) + at/g.Width
		if v != v {
			img.Set(x, y, magenta)
			continue
		}
		share := max(0, min(1, (float64(v)/LatentScale+1)/2))
		img.Set(x, y, color.Gray{Y: uint8(math.Round(255 * share))})
	}
	return img
}
