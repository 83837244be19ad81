package viz

import (
	"errors"
	"image"

	"otherwise/counterfactual"
)

// Compare lays one picture over another of the same shape, with a slider between them. Still, they stand beside each other.
type Compare struct {
	Title         string // "before and after" if empty
	Before, After Figure
	Beside        bool // the pictures stay beside the slider
}

// NewCompare compares a result's original with its counterfactual.
func NewCompare(r *counterfactual.Result) (Compare, error) {
	if err := check(r); err != nil {
		return Compare{}, err
	}
	return Compare{Before: originalFigure(r), After: counterfactualFigure(r)}, nil
}

func (c Compare) title() string {
	if c.Title == "" {
		return "before and after"
	}
	return c.Title
}

// HTML is the slider.
func (c Compare) HTML() (string, error) {
	if c.Before.Picture == nil || c.After.Picture == nil {
		return "", errors.New("comparing takes two pictures")
	}
	return executed("compare", map[string]any{"Title": c.title(), "Before": c.Before, "After": c.After, "Beside": c.Beside, "Script": script(compareScript)})
}

// Image has the pictures beside each other.
func (c Compare) Image() image.Image { return c.panels().Image() }

// Text is that of both pictures.
func (c Compare) Text() string { return c.panels().Text() }

func (c Compare) panels() Panels {
	return Panels{Title: c.Title, Views: []View{c.Before, c.After}, Columns: 2}
}
