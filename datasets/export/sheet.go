package export

import (
	"fmt"
	"image"
	"image/draw"

	"otherwise/datasets"
)

// Sheet shows samples of a world, a column each: a row for every class, so that a column holds true counterfactuals of one
// another, and below the sample's own mask and what tells it from its partner.
func Sheet(world datasets.World, columns int) (image.Image, error) {
	if columns < 1 || columns > world.Len() {
		return nil, fmt.Errorf("a sheet of %d samples of %s: it has 1 to %d", columns, world.Name(), world.Len())
	}
	var sheet *image.RGBA
	classes := len(world.Classes())
	for i := range columns {
		var column []image.Image
		for class := range classes {
			truth, err := world.Truth(i, class)
			if err != nil {
				return nil, err
			}
			column = append(column, truth.Image)
		}
		truth, err := world.Truth(i, world.Partner(world.Label(i)))
		if err != nil {
			return nil, err
		}
		for row, img := range append(column, truth.Object, truth.Decisive) {
			size := img.Bounds().Size()
			if sheet == nil {
				sheet = image.NewRGBA(image.Rect(0, 0, columns*size.X, (classes+2)*size.Y))
			}
			draw.Draw(sheet, image.Rectangle{Max: size}.Add(image.Pt(i*size.X, row*size.Y)), img, img.Bounds().Min, draw.Src)
		}
	}
	return sheet, nil
}
