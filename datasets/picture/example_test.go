package picture_test

import (
	"fmt"
	"image/color"
	"log"

	"otherwise/datasets/picture"
)

// Bring a picture of one's own to the form of Fashion-MNIST: 28x28, grey, bright on black.
func Example() {
	img, err := picture.Open("testdata/lossless.webp", picture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	img, inverted := picture.InvertIfBrightBorder(img)
	img, err = picture.Fit(img, 28, 28, picture.FitOptions{Mode: picture.Contain, Background: color.Black})
	if err != nil {
		log.Fatal(err)
	}
	data, err := picture.ToFloats(img, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(inverted, img.Bounds().Size(), len(data))
	// Output: true (28,28) 784
}
