package viz

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	plottext "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"otherwise/counterfactual"
)

// Series are the bars of one kind, one for each label.
type Series struct {
	Name   string
	Values []float64 // 0 or more
}

// Bars draws horizontal bars, those of one label beside each other, in the style of [Plot], with their values at their ends.
type Bars struct {
	Title, Caption string
	Value          Axis // of the bars' lengths
	Labels         []string
	Series         []Series
	Format         func(float64) string // of the values; three digits if nil
	Width, Height  int                  // pixels; 420, and what the bars need
}

// Probabilities draws the classifier's probabilities before and after as bars: the five largest classes, the target always among them.
func Probabilities(r *counterfactual.Result) (Bars, error) {
	if err := check(r); err != nil {
		return Bars{}, err
	}
	out := Bars{Title: "Class probabilities", Value: Axis{Label: "probability", Min: 0, Max: 1}, Format: Probability, Width: 305,
		Series: []Series{{Name: "before"}, {Name: "after"}}}
	for _, c := range likeliest(r) {
		label := r.Classes[c]
		if c == r.Target {
			label += " (target)"
		}
		out.Labels = append(out.Labels, label)
		out.Series[0].Values = append(out.Series[0].Values, r.Before[c])
		out.Series[1].Values = append(out.Series[1].Values, r.After[c])
	}
	return out, nil
}

const (
	barWidth   = 11 // pixels
	labelRunes = 22 // a longer label is cut
)

func (b Bars) size() (width, height int) {
	width, height = b.Width, b.Height
	if width < 1 {
		width = 420
	}
	if height < 1 {
		height = 84 + len(b.Labels)*(len(b.Series)*barWidth+9)
	}
	return min(width, maxSide), min(height, maxSide)
}

func (b Bars) format(v float64) string {
	if b.Format != nil {
		return b.Format(v)
	}
	return fmt.Sprintf("%.3g", v)
}

func (b Bars) check() error {
	if len(b.Labels) == 0 || len(b.Series) == 0 {
		return fmt.Errorf("bars %q: %d labels and %d series; one of each at least", b.Title, len(b.Labels), len(b.Series))
	}
	for _, s := range b.Series {
		if len(s.Values) != len(b.Labels) {
			return fmt.Errorf("bars %q, series %q: %d values for %d labels", b.Title, s.Name, len(s.Values), len(b.Labels))
		}
		for i, v := range s.Values {
			if !(v >= 0) || v-v != 0 {
				return fmt.Errorf("bars %q, series %q: the value of %q is %g; legal is a number from 0", b.Title, s.Name, b.Labels[i], v)
			}
		}
	}
	return nil
}

func (b Bars) draw(s style) (*sheet, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	out := s.newPlot(b.Title, b.axisLabel(), "")
	out.width, out.height = b.size()
	out.Add(s.rules(true, false))
	most := 0.
	for i, series := range b.Series {
		// Labels run downwards, as one reads; a plot's axis runs upwards.
		values := plotter.Values(slices.Clone(series.Values))
		slices.Reverse(values)
		bars, err := plotter.NewBarChart(values, barWidth*pixel)
		if err != nil {
			return nil, fmt.Errorf("bars %q: %w", b.Title, err)
		}
		offset := (float64(len(b.Series)-1)/2 - float64(i)) * barWidth
		bars.Horizontal, bars.Color, bars.Offset = true, b.color(i), vg.Length(offset)*pixel
		bars.LineStyle.Width = 0
		out.Add(bars)
		if series.Name != "" && len(b.Series) > 2 {
			out.explain(series.Name, bars)
		}
		if err := b.addValues(out, s, values, offset); err != nil {
			return nil, err
		}
		most = max(most, slices.Max(values))
	}
	labels := make([]string, len(b.Labels))
	for i, l := range b.Labels {
		labels[len(labels)-1-i] = short(l, labelRunes)
	}
	out.NominalY(labels...)
	out.Y.Tick.Label.Color, out.Y.Tick.Label.Font = s.ink, plotFont(plotText, font.WeightNormal)
	out.Y.Min, out.Y.Max = -.5, float64(len(labels))-.5
	out.X.Min, out.X.Max = 0, most
	b.Value.apply(&out.X)
	out.X.Max *= 1.14 // room for the longest bar's value
	out.X.Tick.Marker = upTo{out.X.Max / 1.14}
	return out, nil
}

// axisLabel tells two series apart in words, in the place of a key.
func (b Bars) axisLabel() string {
	if len(b.Series) != 2 {
		return b.Value.Label
	}
	return fmt.Sprintf("%s (above: %s, below: %s)", b.Value.Label, b.Series[0].Name, b.Series[1].Name)
}

// color is that of a series: what was before is grey.
func (b Bars) color(i int) color.RGBA {
	if len(b.Series) == 2 {
		i--
	}
	if i < 0 {
		return earlier
	}
	return hues[i%len(hues)]
}

func (b Bars) addValues(out *sheet, s style, values plotter.Values, offset float64) error {
	at := plotter.XYLabels{}
	for k, v := range values {
		at.XYs = append(at.XYs, plotter.XY{X: v, Y: float64(k)})
		at.Labels = append(at.Labels, b.format(v))
	}
	labels, err := plotter.NewLabels(at)
	if err != nil {
		return fmt.Errorf("bars %q: %w", b.Title, err)
	}
	for k := range labels.TextStyle {
		labels.TextStyle[k] = plottext.Style{Color: s.ink, Font: plotFont(plotText-1.5, font.WeightNormal), YAlign: draw.YCenter, Handler: plot.DefaultTextHandler}
	}
	labels.Offset = vg.Point{X: vg.Points(3), Y: vg.Length(offset) * pixel}
	out.Add(labels)
	return nil
}

// upTo are ticks up to a value, where an axis goes further.
type upTo struct{ most float64 }

// Ticks are those from low on.
func (u upTo) Ticks(low, _ float64) []plot.Tick {
	return roundTicks{}.Ticks(low, u.most)
}

func short(text string, runes int) string {
	if r := []rune(text); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return text
}

// Text tells all values.
func (b Bars) Text() string {
	words := make([]string, len(b.Labels))
	for i, label := range b.Labels {
		words[i] = label
		for _, s := range b.Series {
			if i < len(s.Values) {
				words[i] += strings.TrimRight(fmt.Sprintf(" %s %s", s.Name, b.format(s.Values[i])), " ") + ","
			}
		}
		words[i] = strings.TrimSuffix(words[i], ",")
	}
	return b.Title + ": " + strings.Join(words, "; ")
}

// Image is the bars on white, twice as large as on the screen.
func (b Bars) Image() image.Image { return rasterOf(b) }

// SVG is the bars on white, with text as in [Plot.SVG].
func (b Bars) SVG() (string, error) { return svgOf(b, printed) }

// HTML is the bars on the page's own colour.
func (b Bars) HTML() (string, error) { return plotHTML(b, b.Caption) }
