package viz

import (
	"image"

	"golang.org/x/image/draw"
)

// Panels are views beside each other, in as many rows as they need: a contact sheet, or a figure of several parts.
type Panels struct {
	Title string
	Views []View
	// Columns are the views in a row of Image; 0 fits them into 1200 pixels. A page fits them into its own width, but for 1, which puts them
	// below each other there too.
	Columns int
}

// panelsWidth bounds a row of Image, in pixels.
const panelsWidth = 1200

// add puts figures after the views.
func (p *Panels) add(figures []Figure) {
	for _, f := range figures {
		p.Views = append(p.Views, f)
	}
}

// HTML has the views beside, or below, each other.
func (p Panels) HTML() (string, error) {
	if len(p.Views) == 0 {
		return "", errNoView
	}
	parts, err := htmlParts(p.Views)
	if err != nil {
		return "", err
	}
	return executed("panels", map[string]any{"Title": p.Title, "Parts": parts, "Below": p.Columns == 1})
}

// Text is the title and the views' texts, a line each.
func (p Panels) Text() string { return joined(p.Title, p.Views) }

// Image has the views beside each other on white.
func (p Panels) Image() image.Image {
	images := make([]image.Image, 0, len(p.Views))
	for _, v := range p.Views {
		if v != nil {
			images = append(images, still(v.Image()))
		}
	}
	if len(images) == 0 {
		return undrawable()
	}
	return stacked(p.Title, images, p.Columns)
}

// stacked lays images out in rows on white, with a title above. Columns of 0 fit a row into panelsWidth.
func stacked(title string, images []image.Image, columns int) image.Image {
	face := newFace()
	defer face.Close()
	x, y, height, inRow := 0, 0, 0, 0
	if title != "" {
		y = gap + lineHeight
	}
	size := image.Pt(textWidth(face, title)+2*gap, 0)
	places := make([]image.Point, len(images))
	for i, img := range images {
		d := img.Bounds().Size()
		if inRow > 0 && (columns > 0 && inRow == columns || columns <= 0 && x+d.X > panelsWidth) {
			x, y, height, inRow = 0, y+height, 0, 0
		}
		places[i] = image.Pt(x, y)
		x, height, inRow = x+d.X, max(height, d.Y), inRow+1
		size = image.Pt(max(size.X, x), max(size.Y, y+height))
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(out, out.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	if title != "" {
		write(out, face, title, gap, gap/2)
	}
	for i, img := range images {
		draw.Draw(out, image.Rectangle{Max: img.Bounds().Size()}.Add(places[i]), img, img.Bounds().Min, draw.Over)
	}
	return out
}
