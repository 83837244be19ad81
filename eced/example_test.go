package eced_test

import (
	"context"
	"fmt"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/eced"
	"otherwise/kernel"
)

// ECED on the shipped models. The background is fitted in fewer steps than the paper's 500.
func Example() {
	models := kernel.Must(bundle.Open(kernel.Must(kernel.Backend()), "fashion"))
	boot := kernel.Must(picture.Open("../testdata/pictures/9-ankle-boot.png", picture.Options{}))

	method := kernel.Must(eced.New(models.Models, eced.Options{
		ForegroundShare: 0.7, BackgroundSteps: 30,
		DenoiseSteps: 32, GuidanceScale: new(5.0), Rate: new(0.2), StopAt: 0.95,
	}))
	result := kernel.Must(method.Explain(context.Background(), counterfactual.Problem{
		Picture: kernel.Must(models.Picture(boot)),
		Target:  kernel.Must(datasets.ClassByName("sneaker", models.Classes)),
	}, nil))

	var changeable float32
	for _, v := range result.Mask.Values {
		changeable += v / float32(len(result.Mask.Values))
	}
	fmt.Printf("%.0f %% of the picture may change, flipped: %t\n", 100*changeable, result.Flipped())
	// Output: 70 % of the picture may change, flipped: true
}

// How far a gradient deviates from its part inside of a mask (proposition 1).
func ExampleDeviate() {
	gradient := &counterfactual.Grid{Height: 1, Width: 2, Channels: 2, Values: []float32{3, 0, 0, 4}}
	mask := &counterfactual.Grid{Height: 1, Width: 2, Channels: 1, Values: []float32{1, 0}}
	fmt.Println(eced.Prune(gradient, mask).Values)
	d := eced.Deviate(gradient, mask)
	fmt.Printf("|g| %g, |p| %g, |g-p| %g, cosine %g\n", d.Norm, d.NormPruned, d.Diff, d.Cos)
	// Output:
	// [3 0 0 0]
	// |g| 5, |p| 3, |g-p| 4, cosine 0.6
}
