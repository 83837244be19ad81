package viz

import (
	"image"

	"golang.org/x/image/draw"
)

// shownSide is the least length, in pixels, of a picture's longer side on the screen.
const shownSide = 160

// enlargement is the whole factor that brings the longer side of a picture to at least side pixels.
func enlargement(size image.Point, side int) int {
	longer := max(1, size.X, size.Y)
	return max(1, (side+longer-1)/longer)
}

// enlarge makes a square of factor x factor pixels of each pixel.
func enlarge(img image.Image, factor int) *image.RGBA {
	size := img.Bounds().Size().Mul(factor)
	out := image.NewRGBA(image.Rectangle{Max: size})
	draw.NearestNeighbor.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out
}

// shrink scales a picture down so that no side is longer than side pixels.
func shrink(img image.Image, side int) image.Image {
	size := img.Bounds().Size()
	longer := max(size.X, size.Y)
	if longer <= side {
		return img
	}
	out := image.NewRGBA(image.Rect(0, 0, max(1, size.X*side/longer), max(1, size.Y*side/longer)))
	draw.CatmullRom.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out
}
