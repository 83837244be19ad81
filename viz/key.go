package viz

import (
	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// sheet is a plot with its key: the names of what is drawn, in rows below the axes, where they cover nothing.
type sheet struct {
	*plot.Plot
	style         style
	width, height int // pixels, of the plot without its key
	names         []string
	marks         [][]plot.Thumbnailer
}

// Sizes in pixels.
const (
	keyRow   = 16 // height of a row
	keyThumb = 18 // width of a mark
	keyGap   = 14 // between an entry and the next one
)

// What reaches over the axes' ends needs room: half a number, half a point.
const roomRight, roomAbove = 9 * vg.Inch / 72, 2 * vg.Inch / 72

// explain adds an entry to the key.
func (s *sheet) explain(name string, marks ...plot.Thumbnailer) {
	s.names, s.marks = append(s.names, name), append(s.marks, marks)
}

// keyRows breaks a key's names into rows of a width: how many stand in each.
func keyRows(names []string, width vg.Length) (rows []int) {
	used := vg.Length(0)
	for _, name := range names {
		needed := keyWidth(name)
		if len(rows) == 0 || used+needed > width {
			rows, used = append(rows, 0), 0
		}
		rows[len(rows)-1]++
		used += needed + keyGap*pixel
	}
	return rows
}

func keyWidth(name string) vg.Length {
	f := plotFont(plotText, font.WeightNormal)
	face := plot.DefaultTextHandler.Cache().Lookup(f, f.Size)
	return keyThumb*pixel + face.Width(" "+name)
}

func (s *sheet) rows() []int { return keyRows(s.names, vg.Length(s.width)*pixel-roomRight) }

// size is that of plot and key together, in pixels.
func (s *sheet) size() (width, height int) { return s.width, s.height + len(s.rows())*keyRow }

// Draw draws the plot on a canvas of the sheet's size, and its key at the foot.
func (s *sheet) Draw(c draw.Canvas) {
	rows := s.rows()
	s.Plot.Draw(draw.Crop(c, 0, -roomRight, vg.Length(len(rows)*keyRow)*pixel, -roomAbove))
	at := 0
	for row, n := range rows {
		x, y := c.Min.X, c.Min.Y+vg.Length((len(rows)-1-row)*keyRow)*pixel
		for _, name := range s.names[at : at+n] {
			entry, width := s.style.newLegend(), keyWidth(name)
			entry.Add(name, s.marks[at]...)
			entry.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + width, Y: y + keyRow*pixel}}})
			x += width + keyGap*pixel
			at++
		}
	}
}

func (s style) newLegend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font, l.TextStyle.Color = plotFont(plotText, font.WeightNormal), s.ink
	l.ThumbnailWidth, l.Left = keyThumb*pixel, true
	return l
}
