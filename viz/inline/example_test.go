package inline_test

import (
	"context"
	"fmt"

	"otherwise/counterfactual"
	"otherwise/viz"
	"otherwise/viz/inline"
)

// In a cell of a notebook, a method is watched while it runs, and its result shown.
func Example() {
	explain := func(method counterfactual.Method, problem counterfactual.Problem) error {
		observe, done := inline.Watch("LDCE")
		result, err := method.Explain(context.Background(), problem, observe)
		done()
		if err != nil {
			return err
		}
		return inline.Show(result)
	}
	_ = explain
}

// What Show would show is a view, which can be saved.
func ExampleOf() {
	slope := counterfactual.Picture{Height: 1, Width: 2, Channels: 1, Values: []float32{0, 1}}
	view, err := inline.Of("a slope", slope, "its map", counterfactual.Grid{Height: 1, Width: 2, Values: []float32{0, 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(view.Text())
	fmt.Println(view.(viz.Panels).Views[0].(viz.Figure).Width())
	// Output:
	// a slope
	// its map
	// 160
}
