package counterfactual_test

import (
	"fmt"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets/picture"
	"otherwise/kernel"
)

// What a classifier makes of a picture, and what it would say next.
func ExamplePredictor() {
	models := kernel.Must(bundle.Open(kernel.Must(kernel.Backend()), "fashion"))
	boot := kernel.Must(picture.Open("../testdata/pictures/9-ankle-boot.png", picture.Options{}))

	predictor := counterfactual.NewPredictor(models.Models)
	probabilities := kernel.Must(predictor.Probabilities(kernel.Must(models.Picture(boot))))[0]
	fmt.Println(models.Classes[counterfactual.ArgMax(probabilities)], "before", models.Classes[counterfactual.RunnerUp(probabilities)])
	// Output: Ankle boot before Sneaker
}
