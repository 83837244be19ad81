package viz

import (
	"errors"
	"fmt"
	"html"
	"html/template"
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Axis is a plot's.
type Axis struct {
	Label    string  // what it counts, with the unit: "iteration", "time [s]"
	Min, Max float64 // ends; both 0 fit the data
	Log      bool    // powers of ten; every value must be above 0
}

// Curve is a line of a plot. Values that are NaN are left out.
type Curve struct {
	Name string
	X, Y []float64 // points; X nil counts 1, 2, ...
	// Low and High, unless nil, are the ends of a band around Y, such as a confidence interval.
	Low, High []float64
	Points    bool // points are marked
}

// Plot draws curves in the house style, which is legible on light and dark pages and to the colour-blind. It needs no font of the machine.
type Plot struct {
	Title, Caption string
	X, Y           Axis
	Curves         []Curve
	Width, Height  int // pixels; 420 by 260. The key, below, is as high as it must be
}

// bands are drawn in the curve's colour, this opaque (of 255).
const bandAlpha = 50

func (p Plot) size() (width, height int) {
	width, height = 420, 260
	if p.Width > 0 && p.Height > 0 {
		width, height = min(p.Width, maxSide), min(p.Height, maxSide)
	}
	return width, height
}

// check reports what can't be drawn.
func (p Plot) check() error {
	points := 0
	for i, c := range p.Curves {
		if c.X != nil && len(c.X) != len(c.Y) || (c.Low != nil || c.High != nil) && (len(c.Low) != len(c.Y) || len(c.High) != len(c.Y)) {
			return fmt.Errorf("plot %q, curve %d %q: %d x, %d y, %d and %d ends of the band; all that is given must be as long", p.Title, i+1, c.Name,
				len(c.X), len(c.Y), len(c.Low), len(c.High))
		}
		points += len(c.finite())
		for _, v := range c.finite() {
			if p.X.Log && v.X <= 0 || p.Y.Log && v.Y <= 0 {
				return fmt.Errorf("plot %q, curve %d %q: (%g, %g) on a logarithmic axis; legal is above 0", p.Title, i+1, c.Name, v.X, v.Y)
			}
		}
	}
	if points == 0 {
		return fmt.Errorf("plot %q has no points", p.Title)
	}
	return nil
}

// finite are the points that can be drawn.
func (c Curve) finite() plotter.XYs {
	var out plotter.XYs
	for i, y := range c.Y {
		x := float64(i + 1)
		if c.X != nil {
			x = c.X[i]
		}
		if x-x == 0 && y-y == 0 {
			out = append(out, plotter.XY{X: x, Y: y})
		}
	}
	return out
}

// draw makes the plot in a style.
func (p Plot) draw(s style) (*sheet, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	out := s.newPlot(p.Title, p.X.Label, p.Y.Label)
	out.width, out.height = p.size()
	out.Add(s.rules(true, true))
	for i, c := range p.Curves {
		if err := c.addTo(out, i); err != nil {
			return nil, fmt.Errorf("plot %q, curve %d: %w", p.Title, i+1, err)
		}
	}
	p.X.apply(&out.X)
	p.Y.apply(&out.Y)
	return out, nil
}

func (c Curve) addTo(out *sheet, i int) error {
	points := c.finite()
	if len(points) == 0 {
		return nil
	}
	hue := hues[i%len(hues)]
	if c.Low != nil {
		var rim plotter.XYs
		low, high := Curve{X: c.X, Y: c.Low}.finite(), Curve{X: c.X, Y: c.High}.finite()
		rim = append(rim, low...)
		for k := len(high) - 1; k >= 0; k-- {
			rim = append(rim, high[k])
		}
		if len(low) > 0 && len(high) > 0 {
			band, err := plotter.NewPolygon(rim)
			if err != nil {
				return err
			}
			band.Color, band.LineStyle.Width = color.NRGBA{R: hue.R, G: hue.G, B: hue.B, A: bandAlpha}, 0
			out.Add(band)
		}
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{Color: hue, Width: vg.Points(1.5), Dashes: dashes[(i+i/len(hues))%len(dashes)]}
	out.Add(line)
	thumbnails := []plot.Thumbnailer{line}
	if c.Points || len(points) == 1 {
		marks, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		marks.GlyphStyle = draw.GlyphStyle{Color: hue, Radius: vg.Points(2.4), Shape: []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.TriangleGlyph{}}[i%3]}
		out.Add(marks)
		thumbnails = append(thumbnails, marks)
	}
	if c.Name != "" {
		out.explain(c.Name, thumbnails...)
	}
	return nil
}

func (a Axis) apply(axis *plot.Axis) {
	if a.Min != 0 || a.Max != 0 {
		axis.Min, axis.Max = a.Min, a.Max
	}
	if axis.Min == axis.Max {
		axis.Min, axis.Max = axis.Min-1, axis.Max+1
	}
	if a.Log {
		axis.Scale, axis.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		return
	}
	axis.Tick.Marker = roundTicks{}
}

// Text tells the curves' first and last values.
func (p Plot) Text() string {
	words := []string{}
	for _, c := range p.Curves {
		points := c.finite()
		if len(points) == 0 {
			continue
		}
		first, last := points[0], points[len(points)-1]
		words = append(words, strings.TrimSpace(fmt.Sprintf("%s from %.3g to %.3g", c.Name, first.Y, last.Y)))
	}
	over := p.X.Label
	if over != "" {
		over = " over " + over
	}
	return fmt.Sprintf("plot %s: %s%s: %s", p.Title, p.Y.Label, over, strings.Join(words, "; "))
}

// Image is the plot on white, twice as large as on the screen.
func (p Plot) Image() image.Image { return rasterOf(p) }

// SVG is the plot on white. Its text is set in Liberation Sans, or Arial or Helvetica, which are as wide.
func (p Plot) SVG() (string, error) { return svgOf(p, printed) }

// HTML is the plot on the page's own colour.
func (p Plot) HTML() (string, error) { return plotHTML(p, p.Caption) }

// drawn is what plots have in common.
type drawn interface {
	draw(style) (*sheet, error)
	Text() string
}

const pixel = vg.Inch / 96

func rasterOf(d drawn) (img image.Image) {
	p, err := d.draw(printed)
	if err != nil {
		return undrawable()
	}
	width, height := p.size()
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Length(width)*pixel, vg.Length(height)*pixel), vgimg.UseDPI(2*96), vgimg.UseBackgroundColor(paper))
	p.Draw(draw.New(canvas))
	return canvas.Image()
}

func svgOf(d drawn, s style) (string, error) {
	p, err := d.draw(s)
	if err != nil {
		return "", err
	}
	return p.svg(d.Text())
}

// svg is the sheet with a text in the place of what it shows.
func (s *sheet) svg(alt string) (string, error) {
	width, height := s.size()
	canvas := vgsvg.New(vg.Length(width)*pixel, vg.Length(height)*pixel)
	s.Draw(draw.New(canvas))
	var text strings.Builder
	if _, err := canvas.WriteTo(&text); err != nil {
		return "", err
	}
	svg := text.String()
	start := strings.Index(svg, "<svg")
	if start < 0 {
		return "", errors.New("drawing a plot: no SVG came of it")
	}
	svg = fixedText(svg[start:])
	return strings.Replace(svg, ">", ` role="img"><title>`+template.HTMLEscapeString(alt)+`</title>`, 1), nil
}

var (
	svgText   = regexp.MustCompile(`<text ([^>]*)>([^<]*)</text>`)
	svgSize   = regexp.MustCompile(`font-size:([0-9.]+)px`)
	svgFamily = regexp.MustCompile(`font-family:Liberation Sans`)
)

// fixedText gives each text of an SVG the length that it has in the font it was laid out with, so that no other font makes it
// overlap what is beside it.
func fixedText(svg string) string {
	svg = svgText.ReplaceAllStringFunc(svg, func(element string) string {
		m := svgText.FindStringSubmatch(element)
		size := svgSize.FindStringSubmatch(m[1])
		if size == nil {
			return element
		}
		points, err := strconv.ParseFloat(size[1], 64)
		if err != nil {
			return element
		}
		weight := font.WeightNormal
		if strings.Contains(m[1], "font-weight:bold") {
			weight = font.WeightBold
		}
		f := plotFont(points, weight)
		face := plot.DefaultTextHandler.Cache().Lookup(f, f.Size)
		length := face.Width(html.UnescapeString(m[2]))
		return fmt.Sprintf(`<text textLength="%.2f" lengthAdjust="spacingAndGlyphs" %s>%s</text>`, length.Points(), m[1], m[2])
	})
	return svgFamily.ReplaceAllString(svg, "font-family:'Liberation Sans',Arial,Helvetica,sans-serif")
}

func plotHTML(d drawn, caption string) (string, error) {
	p, err := d.draw(onPage)
	if err != nil {
		return "", err
	}
	svg, err := p.svg(d.Text())
	if err != nil {
		return "", err
	}
	width, height := p.size()
	return executed("plot", map[string]any{"Src": encoded("image/svg+xml", []byte(svg)), "Width": width, "Height": height,
		"Text": d.Text(), "Caption": caption})
}
