package viz

import (
	"html/template"
	"image"
	"strings"
)

// Figure is a picture with what is to be said of it.
type Figure struct {
	Title   string // above the picture
	Caption string // below it
	// Alt says what is to be seen, for those who can't see it; empty is title and caption.
	Alt     string
	Picture image.Image
	Bar     *ColorBar // what the colours mean; nil for a picture that needs no telling
	// Side is about the length, in pixels, of the longer side on the screen. 0 is 160 for a small picture, which keeps its pixels as
	// squares, 192 for one of 64 pixels or more, and the size it has, up to 256, for a larger one.
	Side   int
	Pixels bool // the pixels stay squares in a picture of 64 or more too: a latent, a map
}

const (
	// fewPixels is the side up to which a picture is enlarged to squares: smoothed, 32 pixels become a blur.
	fewPixels = 63
	// smoothSide is the side, in pixels, that a picture of more is shown in at least.
	smoothSide = 192
)

// shown is the size on the screen.
func (f Figure) shown() image.Point {
	size := still(f.Picture).Bounds().Size()
	longer, side := max(size.X, size.Y), f.Side
	switch {
	case f.Sharp():
		if side == 0 {
			side = shownSide
		}
		return size.Mul(enlargement(size, side))
	case side == 0 && longer < smoothSide:
		side = smoothSide
	case side == 0:
		side = min(longer, mostCell)
	}
	return image.Pt(max(1, size.X*side/longer), max(1, size.Y*side/longer))
}

// Width and Height are the size on the screen, in pixels.
func (f Figure) Width() int { return f.shown().X }

// Height is told by Width.
func (f Figure) Height() int { return f.shown().Y }

// Sharp reports whether the pixels are shown as squares.
func (f Figure) Sharp() bool {
	size := still(f.Picture).Bounds().Size()
	longer := max(size.X, size.Y)
	return longer <= fewPixels || f.Pixels && longer <= mostCell/2
}

// Src is the picture as a data URL, of at most twice as many pixels a side as it is shown in: what dense screens have.
func (f Figure) Src() (template.URL, error) {
	size := f.shown()
	return dataURL(shrink(still(f.Picture), 2*max(size.X, size.Y)))
}

// Text is Alt, or title and caption.
func (f Figure) Text() string {
	switch {
	case f.Alt != "":
		return f.Alt
	case f.Title == "" && f.Caption == "":
		return "picture"
	case f.Title == "" || f.Caption == "":
		return f.Title + f.Caption
	}
	return f.Title + ": " + strings.ReplaceAll(f.Caption, "\n", ", ")
}

// Image is the picture with its title, caption and bar.
func (f Figure) Image() image.Image {
	picture := still(f.Picture)
	if f.Bar != nil {
		picture = f.Bar.below(cell(picture))
	}
	label := strings.TrimRight(f.Title+"\n"+f.Caption, "\n")
	return Strip([]image.Image{picture}, []string{label})
}

// HTML is the picture with its title, caption and bar.
func (f Figure) HTML() (string, error) { return executed("figure", f) }
