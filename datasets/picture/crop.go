package picture

import (
	"image"
	"image/draw"
	"math"
)

// ShorterSide is the size of a picture of the given size after torchvision's Resize(n): the shorter side becomes n pixels,
// the longer one keeps the proportion, rounded down.
func ShorterSide(size image.Point, n int) image.Point {
	if size.X <= size.Y {
		return image.Pt(n, n*size.Y/size.X)
	}
	return image.Pt(n*size.X/size.Y, n)
}

// CropMargins are the pixels that torchvision's CenterCrop takes off before and after an axis of n pixels to leave out of
// them: (n - out) / 2 before, halves rounded to the even number. A picture that is too small is padded instead, the odd pixel
// behind, and the margins are negative.
func CropMargins(n, out int) (before, after int) {
	if n < out {
		before = -((out - n) / 2)
	} else {
		before = int(math.RoundToEven(float64(n-out) / 2))
	}
	return before, n - out - before
}

// CropCenter cuts the middle of width x height pixels out of a picture, as torchvision's CenterCrop does; a picture that is
// too small gets a black margin.
func CropCenter(img image.Image, width, height int) image.Image {
	source := img.Bounds()
	left, _ := CropMargins(source.Dx(), width)
	top, _ := CropMargins(source.Dy(), height)
	canvas := image.Rect(0, 0, width, height)
	cropped := newLike(img, canvas)
	draw.Draw(cropped, canvas, image.Black, image.Point{}, draw.Src)
	draw.Draw(cropped, source.Sub(source.Min).Sub(image.Pt(left, top)), img, source.Min, draw.Src)
	return cropped
}
