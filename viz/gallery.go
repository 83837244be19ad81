package viz

import (
	"fmt"
	"image"

	"otherwise/counterfactual"
)

// Gallery are figures of which one at a time is large: counterfactuals of several seeds, settings or classes. Arrow keys go from one to
// the next. Still, all stand beside each other, as a contact sheet.
type Gallery struct {
	Title   string
	Figures []Figure
}

// SeedGallery is a gallery of the counterfactuals of one picture, by seed, the original first.
func SeedGallery(results []*counterfactual.Result) (Gallery, error) {
	g := Gallery{Title: "one picture, several seeds"}
	for i, r := range results {
		if err := check(r); err != nil {
			return Gallery{}, fmt.Errorf("result %d of %d: %w", i+1, len(results), err)
		}
		if i == 0 {
			g.Figures = append(g.Figures, originalFigure(r))
		}
		f := counterfactualFigure(r)
		f.Title = fmt.Sprintf("seed %d", r.Seed)
		g.Figures = append(g.Figures, f)
	}
	if len(g.Figures) == 0 {
		return Gallery{}, errNoView
	}
	return g, nil
}

// HTML is the gallery.
func (g Gallery) HTML() (string, error) {
	if len(g.Figures) == 0 {
		return "", errNoView
	}
	return executed("gallery", map[string]any{"Title": g.Title, "Figures": g.Figures, "Script": script(galleryScript)})
}

// Image is the contact sheet.
func (g Gallery) Image() image.Image { return g.panels().Image() }

// Text is that of all figures.
func (g Gallery) Text() string { return g.panels().Text() }

func (g Gallery) panels() Panels {
	p := Panels{Title: g.Title}
	p.add(g.Figures)
	return p
}
