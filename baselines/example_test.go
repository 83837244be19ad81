package baselines_test

import (
	"context"
	"fmt"

	"otherwise/baselines"
	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/kernel"
	"otherwise/metrics"
)

// The negative control: an adversarial example flips the class and looks like the original.
func Example() {
	models := kernel.Must(bundle.Open(kernel.Must(kernel.Backend()), "fashion"))
	boot := kernel.Must(picture.Open("../testdata/pictures/9-ankle-boot.png", picture.Options{}))

	attack := kernel.Must(baselines.NewPGD(models.Models, baselines.PGDOptions{Norm: "linf", Radius: new(0.1), Iterations: 40}))
	result := kernel.Must(attack.Explain(context.Background(), counterfactual.Problem{
		Picture: kernel.Must(models.Picture(boot)),
		Target:  kernel.Must(datasets.ClassByName("sneaker", models.Classes)),
	}, nil))
	change := kernel.Must(metrics.MeanAbsolute(result.Original, result.Counterfactual))
	fmt.Printf("flipped: %t, by a mean change below a tenth: %t\n", result.Flipped(), change < 0.1)
	// Output: flipped: true, by a mean change below a tenth: true
}
