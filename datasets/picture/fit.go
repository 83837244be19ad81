package picture

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// FitMode says what becomes of a picture whose sides are in another proportion than asked for.
type FitMode int

const (
	Stretch    FitMode = iota // distort it, as LDCE's public code does
	Contain                   // show the whole of it, with a margin of the background colour on two sides
	CenterCrop                // cut the middle out of it
)

// FitOptions are the options of [Fit].
type FitOptions struct {
	Mode FitMode
	// Background fills the margin of Contain and shows through transparent parts. Nil is white. A grey picture takes its
	// luma.
	Background color.Color
}

// Fit scales a picture to width x height pixels, by the Catmull-Rom cubic, which averages when scaling down. The result is
// opaque, grey or 16 bits a channel where img is. An opaque picture that has the size already is returned unchanged.
//
// An empty picture, a size without pixels or over 64 megapixels, and an unknown mode are errors.
func Fit(img image.Image, width, height int, opts FitOptions) (image.Image, error) {
	source := img.Bounds()
	if source.Empty() {
		return nil, fmt.Errorf("can't fit a picture of %dx%d pixels", source.Dx(), source.Dy())
	}
	if width < 1 || height < 1 || width > maxPixels/height {
		return nil, fmt.Errorf("can't fit a picture to %dx%d pixels: legal are sides of at least 1 and at most %d megapixels",
			width, height, maxPixels/1_000_000)
	}
	if source.Dx() == width && source.Dy() == height && isOpaque(img) {
		return img, nil
	}
	canvas := image.Rect(0, 0, width, height)
	target := canvas
	switch opts.Mode {
	case Stretch:
	case Contain:
		target = centered(canvas, source.Size())
	case CenterCrop:
		source = centered(source, canvas.Size())
	default:
		return nil, fmt.Errorf("no fit mode %d: legal are Stretch (%d), Contain (%d) and CenterCrop (%d)",
			opts.Mode, Stretch, Contain, CenterCrop)
	}
	fitted := newLike(img, canvas)
	background := opaqueColor(Options{opts.Background}.background())
	draw.Draw(fitted, canvas, image.NewUniform(background), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(fitted, target, img, source, draw.Over, nil)
	return fitted, nil
}

// centered is the largest rectangle in the proportions of size in the middle of r, at least 1 pixel a side.
func centered(r image.Rectangle, size image.Point) image.Rectangle {
	scale := min(float64(r.Dx())/float64(size.X), float64(r.Dy())/float64(size.Y))
	w := max(1, int(math.Round(float64(size.X)*scale)))
	h := max(1, int(math.Round(float64(size.Y)*scale)))
	corner := r.Min.Add(image.Pt((r.Dx()-w)/2, (r.Dy()-h)/2))
	return image.Rectangle{Min: corner, Max: corner.Add(image.Pt(w, h))}
}
