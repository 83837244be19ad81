package train

import (
	"bytes"
	"fmt"

	"github.com/google/renameio/v2"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// PlotLoss draws a run's loss against its steps, on a logarithmic axis, into a PNG file.
func PlotLoss(path, name string, losses []LossPoint) error {
	p := plot.New()
	p.Title.Text = "training " + name
	p.X.Label.Text, p.Y.Label.Text = "step", "loss"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	var points plotter.XYs
	for _, l := range losses {
		if l.Loss > 0 { // a logarithm takes nothing else
			points = append(points, plotter.XY{X: float64(l.Step), Y: l.Loss})
		}
	}
	if len(points) < 2 {
		return nil // too short a run to draw
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return fmt.Errorf("plotting the loss of %s: %w", name, err)
	}
	p.Add(plotter.NewGrid(), line)
	canvas, err := p.WriterTo(6*vg.Inch, 4*vg.Inch, "png")
	if err != nil {
		return fmt.Errorf("plotting the loss of %s: %w", name, err)
	}
	var buf bytes.Buffer
	if _, err := canvas.WriteTo(&buf); err != nil {
		return fmt.Errorf("plotting the loss of %s: %w", name, err)
	}
	return renameio.WriteFile(path, buf.Bytes(), 0o644)
}
