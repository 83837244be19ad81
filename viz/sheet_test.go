package viz

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"golang.org/x/image/font"
)

func plain(width, height int, c color.Color) image.Image {
	img := image.NewRGBA(image.Rect(3, 5, 3+width, 5+height)) // anywhere
	draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

func TestStrip(t *testing.T) {
	red, green := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}
	sheet := Strip([]image.Image{plain(32, 32, red), nil, plain(512, 256, green)}, []string{"first", "", "third\nlarge"})
	// The empty column has no width.
	wantSize(t, sheet, 160+256+4*gap, 160+2*lineHeight+2*gap)
	top := gap + 2*lineHeight
	wantColor(t, sheet, gap, top, red, 0)
	wantColor(t, sheet, gap+159, top+159, red, 0)
	wantColor(t, sheet, gap+160, top+159, paper, 0)
	wantColor(t, sheet, gap+160+2*gap, top, green, 0)
	wantColor(t, sheet, gap+160+2*gap+255, top+127, green, 0)
	if !inked(sheet, image.Rect(gap, gap, gap+160, gap+lineHeight)) {
		t.Error("the first label is missing")
	}
	if inked(sheet, image.Rect(gap, gap+lineHeight, gap+160, gap+2*lineHeight)) {
		t.Error("the first label has a second line")
	}
}

func TestGridOf(t *testing.T) {
	blue := color.RGBA{0, 0, 255, 255}
	rows := [][]image.Image{{plain(160, 160, blue), plain(160, 160, blue)}, {plain(160, 160, blue)}}
	sheet := GridOf(rows, []string{"a row", "another"}, []string{"one"})
	size := sheet.Bounds().Size()
	if size.Y != 2*160+3*gap+lineHeight {
		t.Errorf("the sheet is %d high", size.Y)
	}
	left := size.X - 2*160 - 2*gap
	wantColor(t, sheet, left, gap+lineHeight, blue, 0)
	wantColor(t, sheet, left+160+gap, gap+lineHeight, blue, 0)
	wantColor(t, sheet, left, 2*gap+lineHeight+160, blue, 0)
	wantColor(t, sheet, left+160+gap, 2*gap+lineHeight+160, paper, 0)
	if !inked(sheet, image.Rect(0, gap+lineHeight, left, gap+lineHeight+160)) {
		t.Error("the label of the first row is missing")
	}
	wantSize(t, GridOf(nil, []string{"x"}, []string{"y"}), 2*gap, 2*gap+lineHeight)
}

// A long label must not run into the next column.
func TestLongLabel(t *testing.T) {
	sheet := Strip([]image.Image{plain(160, 160, paper), plain(160, 160, paper)},
		[]string{"a class of animals that has a very long name indeed", ""})
	if inked(sheet, image.Rect(gap+160, 0, sheet.Bounds().Dx(), gap+lineHeight)) {
		t.Error("the label runs into the next column")
	}
	face := newFace()
	defer face.Close()
	for _, text := range []string{"", "short", "ankle boot → sneaker, and more of it"} {
		short := cut(face, text, 90)
		if width := font.MeasureString(face, short).Ceil(); width > 90 {
			t.Errorf("%q is %d pixels wide", short, width)
		}
		if text == "short" && short != text {
			t.Errorf("%q became %q", text, short)
		}
	}
}

// inked reports whether there is text in a part of a sheet.
func inked(img image.Image, part image.Rectangle) bool {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				return true
			}
		}
	}
	return false
}
