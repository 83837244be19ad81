package ldce_test

import (
	"context"
	"fmt"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/kernel"
	"otherwise/ldce"
)

// LDCE with options of one's own, on the shipped models. Each step is shown while it runs.
func Example() {
	models := kernel.Must(bundle.Open(kernel.Must(kernel.Backend()), "fashion"))
	boot := kernel.Must(picture.Open("../testdata/pictures/9-ankle-boot.png", picture.Options{}))

	method := kernel.Must(ldce.New(models.Models, ldce.Options{
		DDIMSteps: 50, Strength: new(0.6), // 30 steps
		GuidanceScale: new(4.0), LambdaC: new(4.0), LambdaD: new(0.6),
	}))
	problem := counterfactual.Problem{
		Picture: kernel.Must(models.Picture(boot)),
		Target:  kernel.Must(datasets.ClassByName("sneaker", models.Classes)),
	}
	result := kernel.Must(method.Explain(context.Background(), problem, func(s counterfactual.Step) error {
		if s.Index == s.Total-1 {
			fmt.Printf("step %d of %d, target likely: %t\n", s.Index+1, s.Total, s.TargetProbability > 0.5)
		}
		return nil
	}))
	fmt.Printf("flipped: %t, consensus %dx%d\n", result.Flipped(), result.Consensus.Width, result.Consensus.Height)
	// Output:
	// step 30 of 30, target likely: true
	// flipped: true, consensus 8x8
}

// The options of the paper and of its public code differ.
func ExamplePreset() {
	for _, name := range []string{"imagenet-txt", "imagenet-txt/code"} {
		o := kernel.Must(ldce.Preset(name))
		fmt.Println(name, *o.Gamma, *o.LambdaC, *o.LambdaD, *o.GuidanceScale)
	}
	// Output:
	// imagenet-txt 50 3.95 1.2 2
	// imagenet-txt/code 45 3.4 1.2 3
}
