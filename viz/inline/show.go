package inline

import (
	"errors"
	"fmt"
	"image"
	"strings"

	"otherwise/counterfactual"
	"otherwise/kernel/display"
	"otherwise/viz"
)

// shownSide is about the length, in pixels, of a picture's longer side on the screen; larger pictures keep their size.
const shownSide = 160

// Show shows pictures beside each other. Values are an [image.Image], a [counterfactual.Picture], or a
// [counterfactual.Grid] or pointer to one: a map of one channel as [viz.Heat] draws it, a latent as [viz.Latent] does. A string
// is the title of the picture that follows it. Small pictures are enlarged, their pixels stay squares.
func Show(values ...any) error {
	text, err := showHTML(values)
	if err != nil {
		return fmt.Errorf("nothing is shown: %w", err)
	}
	return place(text)
}

// ShowResult shows what a method found: original, counterfactual, difference, and what the method has of masks and maps, with
// the classifier's probabilities before and after. Classes are the names of the classes, in order.
func ShowResult(r *counterfactual.Result, classes []string) error {
	text, err := resultHTML(r, classes)
	if err != nil {
		return fmt.Errorf("the result isn't shown: %w", err)
	}
	return place(text)
}

// place shows HTML, or says what else to do.
func place(text string) error {
	err := display.HTML(text)
	if errors.Is(err, display.ErrNoNotebook) {
		return fmt.Errorf("%w; viz.WriteResult writes pictures to files", err)
	}
	return err
}

func showHTML(values []any) (string, error) {
	var figures []viz.Figure
	title, titled := "", false
	for i, value := range values {
		if text, ok := value.(string); ok {
			if titled {
				return "", fmt.Errorf("value %d, %q, is a title, and so is %q before it; a title is followed by its picture", i+1, text, title)
			}
			title, titled = text, true
			continue
		}
		img, err := drawing(value)
		if err != nil {
			return "", fmt.Errorf("value %d: %w", i+1, err)
		}
		f, err := viz.NewFigure(title, "", img, shownSide)
		if err != nil {
			return "", fmt.Errorf("value %d: %w", i+1, err)
		}
		figures = append(figures, f)
		title, titled = "", false
	}
	if titled {
		return "", fmt.Errorf("the title %q has no picture after it", title)
	}
	if len(figures) == 0 {
		return "", errors.New("there are no pictures")
	}
	return render("row", figures)
}

// drawing turns what can be shown into a picture.
func drawing(value any) (image.Image, error) {
	switch v := value.(type) {
	case image.Image:
		if v.Bounds().Empty() {
			return nil, errors.New("the picture is empty")
		}
		return v, nil
	case counterfactual.Picture:
		return viz.Image(v), v.Validate()
	case counterfactual.Grid:
		return drawing(&v)
	case *counterfactual.Grid:
		if v == nil {
			return nil, errors.New("the grid is nil: this result has none")
		}
		if v.Channels > 1 {
			return viz.Latent(v), nil
		}
		return viz.Heat(v, 0, 0), nil
	case *counterfactual.Result:
		return nil, errors.New("a result is shown by inline.ShowResult, which takes the names of the classes too")
	}
	return nil, fmt.Errorf("a %T can't be shown; legal are image.Image, counterfactual.Picture and counterfactual.Grid", value)
}

// resultView is what the template of a result fills in.
type resultView struct {
	*counterfactual.Result
	Name          string // the method's
	Class         string // the target's name
	Probabilities [2]string
	Figures       []viz.Figure
}

func resultHTML(r *counterfactual.Result, classes []string) (string, error) {
	figures, err := viz.Figures(r, classes)
	if err != nil {
		return "", err
	}
	return render("result", resultView{Result: r, Name: strings.ToUpper(r.Method), Class: classes[r.Target], Figures: figures,
		Probabilities: [2]string{viz.Probability(r.Before[r.Target]), viz.Probability(r.After[r.Target])}})
}
