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
	style style
	names []string
	marks [][]plot.Thumbnailer
}

const (
	keyRow   = 16 * pixel // height of a row
	keyThumb = 18 * pixel // width of a mark
	keyGap   = 14 * pixel // between an entry and the next one
)

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
		used += needed + keyGap
	}
	return rows
}

func keyWidth(name string) vg.Length {
	f := plotFont(plotText, font.WeightNormal)
	face := plot.DefaultTextHandler.Cache().Lookup(f, f.Size)
	return keyThumb + face.Width(" "+name)
}

// keyHeight is how many pixels a key takes below a plot of a width in pixels.
func keyHeight(names []string, width int) int {
	return len(keyRows(names, vg.Length(width)*pixel)) * int(keyRow/pixel)
}

// Draw draws the plot and, at the foot of the canvas, its key.
func (s *sheet) Draw(c draw.Canvas) {
	rows := keyRows(s.names, c.Max.X-c.Min.X)
	foot := vg.Length(len(rows)) * keyRow
	s.Plot.Draw(draw.Crop(c, 0, 0, foot, 0))
	at := 0
	for row, n := range rows {
		x, y := c.Min.X, c.Min.Y+foot-vg.Length(row+1)*keyRow
		for ; n > 0; n-- {
			entry := s.style.newLegend()
			entry.Add(s.names[at], s.marks[at]...)
			width := keyWidth(s.names[at])
			entry.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + width, Y: y + keyRow}}})
			x += width + keyGap
			at++
		}
	}
}

func (s style) newLegend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font, l.TextStyle.Color = plotFont(plotText, font.WeightNormal), s.ink
	l.ThumbnailWidth, l.Left = keyThumb, true
	return l
}
