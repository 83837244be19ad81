package picture

import (
	"image"
	"image/color"
	"slices"
)

// InvertIfBrightBorder gives the negative of a picture whose border is bright, and whether it did. Networks trained on
// bright things on black, such as Fashion-MNIST's garments, see little in a photograph of a dark thing on white.
//
// The border is the outermost pixels; it is bright if their median luma is over a half (our choice). An empty picture is
// returned as it is.
func InvertIfBrightBorder(img image.Image) (result image.Image, inverted bool) {
	border := borderLuma(img)
	if len(border) == 0 {
		return img, false
	}
	slices.Sort(border)
	if border[len(border)/2] <= 0xffff/2 {
		return img, false
	}
	bounds := img.Bounds()
	negative := newLike(img, bounds)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			// Colours are multiplied with their alpha, so that a is what white would be.
			r, g, b, a := img.At(x, y).RGBA()
			negative.Set(x, y, color.RGBA64{R: uint16(a - r), G: uint16(a - g), B: uint16(a - b), A: uint16(a)})
		}
	}
	return negative, true
}

// borderLuma gives the luma of the outermost pixels.
func borderLuma(img image.Image) []uint16 {
	bounds := img.Bounds()
	inside := bounds.Inset(1)
	var border []uint16
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if !image.Pt(x, y).In(inside) {
				border = append(border, luma(img.At(x, y)))
			}
		}
	}
	return border
}
