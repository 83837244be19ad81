package bundle_test

import (
	"context"
	"fmt"

	"otherwise/bundle"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/kernel"
)

// From a picture to its counterfactual. The README shows it too; TestREADME in package docs compares the two.
func Example() {
	backend := kernel.Must(kernel.Backend()) // XLA in this process, or a notebook's engine
	models := kernel.Must(bundle.Open(backend, "fashion"))
	boot := kernel.Must(picture.Open("../testdata/pictures/9-ankle-boot.png", picture.Options{}))

	method := kernel.Must(models.Method("ldce", nil))
	result := kernel.Must(method.Explain(context.Background(), counterfactual.Problem{
		Picture: kernel.Must(models.Picture(boot)),
		Target:  kernel.Must(datasets.ClassByName("sneaker", models.Classes)),
		Seed:    1,
	}, nil))
	fmt.Println(models.Classes[result.Predicted], "->", models.Classes[result.Target], result.Flipped())
	// Output: Ankle boot -> Sneaker true
}

// A method's options are the bundle's, overlaid by a JSON object, in which a name that the method doesn't have is an error.
func ExampleBundle_Method() {
	models := kernel.Must(bundle.Open(kernel.Must(kernel.Backend()), "fashion"))
	method, err := models.Method("ldce", []byte(`{"gamma": 60, "no_consensus": true}`))
	fmt.Println(method.Name(), err)
	_, err = models.Method("ldce", []byte(`{"gama": 60}`))
	fmt.Println(err != nil)
	// Output:
	// ldce <nil>
	// true
}

// A recipe names published weights; its text is checked without them.
func ExampleParseRecipe() {
	recipe, err := bundle.ParseRecipe([]byte(`
version = 1
name = "flowers"
[image]
width = 512
height = 512
[classes]
names = ["rose", "tulip"]
[diffusion]
weights = "sd15"
prompt = "a photo of {a} {}."
[classifier]
architecture = "onnx"
weights = "flowers.onnx"
`))
	fmt.Println(recipe.Name, recipe.Classes.Names, recipe.Parts()["classifier"].Weights, err)
	// Output: flowers [rose tulip] flowers.onnx <nil>
}
