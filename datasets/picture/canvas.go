package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// newLike makes an empty picture that holds the opaque colours of img without loss: grey if img is, 16 bits a channel if
// img has them.
func newLike(img image.Image, bounds image.Rectangle) draw.Image {
	switch img.ColorModel() {
	case color.GrayModel:
		return image.NewGray(bounds)
	case color.Gray16Model:
		return image.NewGray16(bounds)
	case color.RGBA64Model, color.NRGBA64Model:
		return image.NewRGBA64(bounds)
	}
	return image.NewRGBA(bounds)
}

// isOpaque is false for pictures that can't tell.
func isOpaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// flatten lays img on a canvas of the background colour. The canvas is larger than img where the first frame of a GIF
// doesn't fill it. A picture that hides the canvas is returned as it is.
func flatten(img image.Image, canvas image.Rectangle, background color.Color) image.Image {
	if img.Bounds() == canvas && isOpaque(img) {
		return img
	}
	flat := newLike(img, canvas)
	draw.Draw(flat, canvas, image.NewUniform(opaqueColor(background)), image.Point{}, draw.Src)
	draw.Draw(flat, img.Bounds(), img, img.Bounds().Min, draw.Over)
	return flat
}

// opaqueColor drops a colour's transparency, as if it lay on black.
func opaqueColor(c color.Color) color.Color {
	r, g, b, _ := c.RGBA()
	return color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: 0xffff}
}
