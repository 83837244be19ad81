package inline

import (
	"errors"
	"fmt"
	"image"

	"otherwise/counterfactual"
	"otherwise/kernel/display"
	"otherwise/viz"
)

// Show shows values in one output. A value is a
//   - [counterfactual.Result] (pointer): all of it, as [viz.Overview] with its defaults;
//   - [viz.View]: as it is;
//   - [image.Image] or [counterfactual.Picture]: a picture; small ones are enlarged, their pixels stay squares;
//   - [counterfactual.Grid] or pointer to one: a map of one channel as [viz.Heat] draws it, a latent as [viz.Latent] does;
//   - string: the title of the value that follows it.
//
// Pictures that follow each other stand beside each other.
func Show(values ...any) error {
	view, err := Of(values...)
	if err != nil {
		return fmt.Errorf("nothing is shown: %w", err)
	}
	html, err := view.HTML()
	if err != nil {
		return fmt.Errorf("nothing is shown: %w", err)
	}
	err = display.Show(display.Output{HTML: html, Text: view.Text()})
	if errors.Is(err, display.ErrNoNotebook) {
		return fmt.Errorf("%w; viz.Save and viz.WriteResult write pictures to files", err)
	}
	return err
}

// Of is what [Show] shows, as one view: to save it, or to put it among others.
func Of(values ...any) (viz.View, error) {
	var all, row []viz.View
	endRow := func() {
		if len(row) > 0 {
			all = append(all, viz.Panels{Views: row})
		}
		row = nil
	}
	title, titled := "", false
	for i, value := range values {
		if text, ok := value.(string); ok {
			if titled {
				return nil, fmt.Errorf("value %d, %q, is a title, and so is %q before it; a title is followed by what it names", i+1, text, title)
			}
			title, titled = text, true
			continue
		}
		view, err := viewOf(value, title)
		if err != nil {
			return nil, fmt.Errorf("value %d: %w", i+1, err)
		}
		if _, picture := view.(viz.Figure); picture {
			row = append(row, view)
		} else {
			endRow()
			all = append(all, view)
		}
		title, titled = "", false
	}
	endRow()
	switch {
	case titled:
		return nil, fmt.Errorf("the title %q has nothing after it", title)
	case len(all) == 0:
		return nil, errors.New("there is nothing to show")
	case len(all) == 1:
		return all[0], nil
	}
	return viz.Panels{Views: all, Columns: 1}, nil
}

// viewOf is a value as a view.
func viewOf(value any, title string) (viz.View, error) {
	switch v := value.(type) {
	case viz.Figure:
		if v.Picture == nil || v.Picture.Bounds().Empty() {
			return nil, errors.New("the figure has no picture")
		}
		if title != "" {
			v.Title = title
		}
		return v, nil
	case *counterfactual.Result:
		return titledView(viz.Overview{Result: v}, title), nil
	case counterfactual.Result:
		return titledView(viz.Overview{Result: &v}, title), nil
	case viz.View:
		return titledView(v, title), nil
	case image.Image:
		if v.Bounds().Empty() {
			return nil, errors.New("the picture is empty")
		}
		return viz.Figure{Title: title, Picture: v}, nil
	case counterfactual.Picture:
		if err := v.Validate(); err != nil {
			return nil, err
		}
		return viz.Figure{Title: title, Picture: viz.Image(v)}, nil
	case counterfactual.Grid:
		return viewOf(&v, title)
	case *counterfactual.Grid:
		if v == nil {
			return nil, errors.New("the grid is nil: this result has none")
		}
		if v.Channels > 1 {
			return viz.Figure{Title: title, Picture: viz.Latent(v), Pixels: true}, nil
		}
		return viz.Figure{Title: title, Picture: viz.Heat(v, 0, 0)}, nil
	}
	return nil, fmt.Errorf("a %T can't be shown; legal are *counterfactual.Result, viz.View, image.Image, counterfactual.Picture and counterfactual.Grid", value)
}

func titledView(v viz.View, title string) viz.View {
	if title == "" {
		return v
	}
	return viz.Panels{Title: title, Views: []viz.View{v}}
}
