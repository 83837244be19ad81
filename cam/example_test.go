package cam_test

import (
	"context"
	"fmt"

	"otherwise/bundle"
	"otherwise/cam"
	"otherwise/counterfactual"
	"otherwise/datasets/picture"
	"otherwise/kernel"
)

// Where does the classifier look, and which region is that?
func Example() {
	models := kernel.Must(bundle.Open(kernel.Must(kernel.Backend()), "fashion"))
	boot := kernel.Must(models.Picture(kernel.Must(picture.Open("../testdata/pictures/9-ankle-boot.png", picture.Options{}))))

	mapper := kernel.Must(cam.New(models.Models.Backend, models.Models.Classifier, cam.Options{Method: cam.GradCAM}))
	const ankleBoot = 9
	activation := kernel.Must(mapper.Map(context.Background(), boot, ankleBoot))
	delta := kernel.Must(cam.ForegroundShare(activation, 0.25))
	mask := cam.Threshold(activation, delta, false)

	foreground := 0
	for _, v := range mask.Values {
		foreground += int(v)
	}
	fmt.Printf("map %dx%d, %d pixels of foreground\n", activation.Width, activation.Height, foreground)
	// Output: map 32x32, 256 pixels of foreground
}

// A mask of pixels on the coarser grid of a latent.
func ExampleDownsample() {
	mask := &counterfactual.Grid{Height: 2, Width: 4, Channels: 1, Values: []float32{
		1, 0, 0, 0,
		0, 0, 0, 1,
	}}
	for _, mode := range []cam.Mode{cam.NearestCenter, cam.Nearest, cam.Any, cam.All} {
		fmt.Println(mode, kernel.Must(cam.Downsample(mask, 2, mode)).Values)
	}
	// Output:
	// nearest_center [0 1]
	// nearest [1 0]
	// any [1 1]
	// all [0 0]
}
