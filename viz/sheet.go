package viz

import (
	"image"
	"image/color"
	"strings"
	"sync"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Sizes of a sheet, in pixels.
const (
	mostCell   = 256 // a larger picture is scaled down
	gap        = 16
	textSize   = 14
	lineHeight = 18
	mostText   = 240 // of a row's label
)

var (
	paper = color.RGBA{R: 255, G: 255, B: 255, A: 255}
	ink   = color.RGBA{R: 32, G: 36, B: 44, A: 255}
)

// Strip is a sheet of one row, each picture with its label above. See [GridOf].
func Strip(pictures []image.Image, labels []string) image.Image {
	return GridOf([][]image.Image{pictures}, nil, labels)
}

// GridOf lays pictures out in rows and columns on white, with a label before each row and above each column. Pictures
// are enlarged in whole steps to at least 160 pixels, or scaled down to at most 256. A nil picture leaves its cell
// empty, a missing label its place; a label may have several lines, and ends in "…" where it is too long for its column.
func GridOf(rows [][]image.Image, rowLabels, columnLabels []string) image.Image {
	face := newFace()
	defer face.Close()

	cells, widths, heights := measure(rows)
	head := lines(columnLabels) * lineHeight
	left := 0
	for _, label := range rowLabels[:min(len(rowLabels), len(rows))] {
		left = max(left, min(mostText, textWidth(face, label)))
	}
	if left > 0 {
		left += gap
	}
	sheet := image.NewRGBA(image.Rect(0, 0, 2*gap+left+span(widths), 2*gap+head+span(heights)))
	draw.Draw(sheet, sheet.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)

	x := gap + left
	for c, width := range widths {
		if c < len(columnLabels) {
			for n, line := range strings.Split(columnLabels[c], "\n") {
				write(sheet, face, cut(face, line, width), x, gap+n*lineHeight)
			}
		}
		x += width + gap
	}
	y := gap + head
	for r, row := range cells {
		if r < len(rowLabels) {
			write(sheet, face, cut(face, rowLabels[r], mostText), gap, y+(heights[r]-lineHeight)/2)
		}
		x := gap + left
		for c, cell := range row {
			if cell != nil {
				draw.Draw(sheet, cell.Bounds().Add(image.Pt(x, y)), cell, image.Point{}, draw.Over)
			}
			x += widths[c] + gap
		}
		y += heights[r] + gap
	}
	return sheet
}

// measure brings each picture to the size of a cell, starting at (0, 0), and gives the columns' widths and rows' heights.
func measure(rows [][]image.Image) (cells [][]image.Image, widths, heights []int) {
	for _, row := range rows {
		out := make([]image.Image, len(row))
		height := 0
		for c, img := range row {
			if c == len(widths) {
				widths = append(widths, 0)
			}
			if img == nil || img.Bounds().Empty() {
				continue
			}
			out[c] = cell(img)
			size := out[c].Bounds().Size()
			widths[c], height = max(widths[c], size.X), max(height, size.Y)
		}
		cells, heights = append(cells, out), append(heights, height)
	}
	return cells, widths, heights
}

// cell brings a picture to the size in which a sheet has it.
func cell(img image.Image) image.Image {
	img = shrink(img, mostCell)
	return enlarge(img, enlargement(img.Bounds().Size(), shownSide))
}

// span is the length of parts with gaps between them.
func span(parts []int) int {
	total := gap * max(0, len(parts)-1)
	for _, p := range parts {
		total += p
	}
	return total
}

// lines is the largest number of lines of a label.
func lines(labels []string) int {
	most := 0
	for _, label := range labels {
		if label != "" {
			most = max(most, 1+strings.Count(label, "\n"))
		}
	}
	return most
}

// cut shortens text to a width, in pixels.
func cut(face font.Face, text string, width int) string {
	short := []rune(text)
	for textWidth(face, text) > width && len(short) > 0 {
		short = short[:len(short)-1]
		text = string(short) + "…"
	}
	return text
}

// textWidth is the length of a line of text, in pixels.
func textWidth(face font.Face, text string) int { return font.MeasureString(face, text).Ceil() }

// write puts a line of text below (x, y).
func write(img draw.Image, face font.Face, text string, x, y int) {
	d := font.Drawer{Dst: img, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(x, y+textSize)}
	d.DrawString(text)
}

var labelFont = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(goregular.TTF) })

// newFace makes the face of the labels; a face serves one goroutine only.
func newFace() font.Face {
	if f, err := labelFont(); err == nil {
		if face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: textSize, DPI: 72, Hinting: font.HintingFull}); err == nil {
			return face
		}
	}
	return basicfont.Face7x13
}
