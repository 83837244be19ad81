package viz

import (
	"fmt"
	"image"

	"otherwise/counterfactual"
)

// Signed draws a map of values of both signs at a size of width x height pixels, as [Difference] draws changes: red above 0, blue below,
// white at 0. scale has the full colour. The grid's cells stay sharp.
func Signed(g *counterfactual.Grid, scale float64, width, height int) image.Image {
	if !plane(g) || width < 1 || height < 1 {
		return undrawable()
	}
	width, height = min(width, maxSide), min(height, maxSide)
	img := image.NewPaletted(image.Rect(0, 0, width, height), differencePalette())
	for i := range img.Pix {
		img.Pix[i] = index((sample(g, i%width, i/width, width, height)/scale + 1) / 2)
	}
	return img
}

// SignedBar tells the colours of [Signed].
func SignedBar(scale float64) *ColorBar {
	return &ColorBar{fmt.Sprintf("−%.3g", scale), fmt.Sprintf("+%.3g", scale), differencePalette()}
}
