package savanna_test

import (
	"fmt"

	"otherwise/datasets/savanna"
)

// A zebra and its true counterfactual: the same scene with a sorrel.
func ExampleScene_As() {
	scene := savanna.Draw(7, 0, savanna.Options{})
	truth := scene.As(scene.Class.Partner())
	a, b := scene.Render(), truth.Render()

	changed, outside := 0, 0
	for y := range savanna.Size {
		for x := range savanna.Size {
			if a.Image.NRGBAAt(x, y) == b.Image.NRGBAAt(x, y) {
				continue
			}
			changed++
			if a.Object.GrayAt(x, y).Y == 0 && b.Object.GrayAt(x, y).Y == 0 {
				outside++
			}
		}
	}
	fmt.Println(scene.Class, "->", truth.Class, changed > 0, outside)
	// Output: zebra -> sorrel true 0
}
