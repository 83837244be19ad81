package viz

import (
	"image"
	"image/color"

	"otherwise/counterfactual"
)

// outlineColor stands out from grey pictures and from most colours.
var outlineColor = color.RGBA{R: 255, G: 176, A: 255}

// MaskImage draws a mask at its own size: foreground, where the picture may change, is white, background black.
func MaskImage(mask *counterfactual.Grid) image.Image {
	if !plane(mask) {
		return undrawable()
	}
	img := image.NewPaletted(image.Rect(0, 0, mask.Width, mask.Height), color.Palette{color.Black, color.White, magenta})
	for i, v := range mask.Values {
		switch {
		case v != v:
			img.Pix[i] = 2
		case v > .5:
			img.Pix[i] = 1
		}
	}
	return img
}

// Outline draws the rim of a mask's foreground over a picture. So that the line hides little of it, a picture under 160
// pixels a side is enlarged first.
func Outline(p counterfactual.Picture, mask *counterfactual.Grid) image.Image {
	if !drawable(p) || !plane(mask) {
		return undrawable()
	}
	factor := enlargement(image.Pt(p.Width, p.Height), shownSide)
	img := enlarge(Image(p), factor)
	foreground := func(x, y int) bool {
		return x >= 0 && y >= 0 && x < p.Width && y < p.Height && sample(mask, x, y, p.Width, p.Height) > .5
	}
	line := max(1, factor/2, min(2, factor))
	width, height := p.Width*factor, p.Height*factor
	for y := range height {
		for x := range width {
			// The line lies inside of the foreground, so that it never covers what stays.
			if foreground(x/factor, y/factor) &&
				!(foreground(floorDiv(x-line, factor), y/factor) && foreground((x+line)/factor, y/factor) &&
					foreground(x/factor, floorDiv(y-line, factor)) && foreground(x/factor, (y+line)/factor)) {
				img.SetRGBA(x, y, outlineColor)
			}
		}
	}
	return img
}

// floorDiv is a/b rounded down, for a pixel left of or above the picture.
func floorDiv(a, b int) int {
	if a < 0 {
		return -1
	}
	return a / b
}
