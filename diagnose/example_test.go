package diagnose_test

import (
	"context"
	"fmt"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/diagnose"
	"otherwise/kernel"
)

// How much the seed decides, and how far LDCE's two directions agree in each step.
func Example() {
	models := kernel.Must(bundle.Open(kernel.Must(kernel.Backend()), "fashion"))
	boot := kernel.Must(picture.Open("../testdata/pictures/9-ankle-boot.png", picture.Options{}))
	method := kernel.Must(models.Method("ldce", []byte(`{"ddim_steps": 20}`)))

	seeds := kernel.Must(diagnose.CompareSeeds(context.Background(), method, counterfactual.Problem{
		Picture: kernel.Must(models.Picture(boot)),
		Target:  kernel.Must(datasets.ClassByName("sneaker", models.Classes)),
	}, []uint64{1, 2, 3}, nil))
	fmt.Printf("%d of %d flipped; they differ: %t\n", seeds.Flipped, len(seeds.Results), seeds.Distance > 0.01)

	agreement := kernel.Must(diagnose.Agree(seeds.Results[0]))
	fmt.Printf("%d steps; few places were steered in the first: %t\n", len(agreement.Steps), agreement.Steps[0].Kept < 0.5)
	// Output:
	// 3 of 3 flipped; they differ: true
	// 12 steps; few places were steered in the first: true
}
