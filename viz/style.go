package viz

import (
	"image/color"
	"math"
	"strconv"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	gonumfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// style is the house style of plots: what is drawn with which colours.
type style struct {
	ink   color.RGBA  // text and axes
	paper color.Color // behind all
	faint color.NRGBA // rules
}

var (
	// printed is for pictures in files, which bring their own paper.
	printed = style{ink: ink, paper: paper, faint: color.NRGBA{R: 226, G: 229, B: 234, A: 255}}
	// onPage is for pages, light or dark, which a picture in them can't ask: a grey that has a contrast of 4.3 to white and of 4.4
	// to JupyterLab's dark #111.
	onPage = style{ink: color.RGBA{R: 117, G: 123, B: 135, A: 255}, paper: color.Transparent, faint: color.NRGBA{R: 128, G: 134, B: 146, A: 70}}
)

// hues are the colours of curves: of Okabe and Ito's, which the colour-blind tell apart, those with a contrast of at least 3 to white
// and to JupyterLab's dark.
var hues = []color.RGBA{{R: 0, G: 114, B: 178, A: 255}, {R: 213, G: 94, B: 0, A: 255}, {R: 0, G: 150, B: 110, A: 255}, {R: 190, G: 100, B: 150, A: 255}}

// earlier is the colour of what was before, beside the first hue.
var earlier = color.RGBA{R: 140, G: 148, B: 163, A: 255}

// dashes tell curves apart where colours don't: in print, and for the fifth curve on.
var dashes = [][]vg.Length{nil, {vg.Points(6), vg.Points(3)}, {vg.Points(2), vg.Points(2)}, {vg.Points(8), vg.Points(2), vg.Points(2), vg.Points(2)}}

const (
	plotText  = 8.5  // points, of ticks and legends
	plotTitle = 10.5 // of the title
)

// plotFont is embedded in the program, by package plot.
func plotFont(points float64, weight font.Weight) gonumfont.Font {
	return gonumfont.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: vg.Points(points)}
}

// newPlot is an empty plot in the style.
func (s style) newPlot(title, x, y string) *sheet {
	p := plot.New()
	p.BackgroundColor = s.paper
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font, p.Title.TextStyle.Color = plotFont(plotTitle, font.WeightBold), s.ink
	p.Title.Padding = vg.Points(6)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font, axis.Label.TextStyle.Color = plotFont(plotText, font.WeightNormal), s.ink
		axis.Tick.Label.Font, axis.Tick.Label.Color = plotFont(plotText, font.WeightNormal), s.ink
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = s.ink, s.ink
		axis.LineStyle.Width, axis.Tick.LineStyle.Width = vg.Points(.6), vg.Points(.6)
		axis.Tick.Length, axis.Padding = vg.Points(3), vg.Points(3)
	}
	return &sheet{Plot: p, style: s}
}

// roundTicks are at multiples of 1, 2 or 5 times a power of ten, about five of them.
type roundTicks struct{}

// Ticks are those from low to high.
func (roundTicks) Ticks(low, high float64) []plot.Tick {
	base := math.Pow(10, math.Floor(math.Log10((high-low)/5)))
	step := 10 * base
	for _, digit := range []float64{5, 2, 1} {
		if (high-low)/(digit*base) <= 6 {
			step = digit * base
		}
	}
	var out []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high+1e-9*step; i++ {
		value := i*step + 0 // minus zero becomes zero
		out = append(out, plot.Tick{Value: value, Label: strconv.FormatFloat(value, 'g', 5, 64)})
	}
	return out
}

// rules are faint lines at the ticks.
func (s style) rules(vertical, horizontal bool) *plotter.Grid {
	g := plotter.NewGrid()
	line := draw.LineStyle{Color: s.faint, Width: vg.Points(.5)}
	g.Vertical, g.Horizontal = draw.LineStyle{}, draw.LineStyle{}
	if vertical {
		g.Vertical = line
	}
	if horizontal {
		g.Horizontal = line
	}
	return g
}
