package picture

import (
	"image"
	"image/color"
	"strings"
	"testing"
)

func TestFrameKeepsTheInnerSizeAsItIs(t *testing.T) {
	f := Frame{Width: 6, Height: 5, Channels: 1, Margin: 1, Fit: Contain}
	img := image.NewGray(image.Rect(10, 10, 14, 13)) // bounds need not start at 0
	img.SetGray(10, 10, color.Gray{Y: 51})
	img.SetGray(13, 12, color.Gray{Y: 255})
	values, err := f.Floats(img)
	if err != nil {
		t.Fatal(err)
	}
	if len(values) != 30 || values[6+1] != 0.2 || values[3*6+4] != 1 || values[0] != 0 {
		t.Errorf("values %v", values)
	}
}

func TestFrameKeepsTheShapeOfAPictureOfAnotherSize(t *testing.T) {
	f := Frame{Width: 12, Height: 12, Channels: 3, Margin: 2, Fit: Contain}
	img := image.NewNRGBA(image.Rect(0, 0, 80, 40))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	values, err := f.Floats(img)
	if err != nil {
		t.Fatal(err)
	}
	if at := func(x, y int) float32 { return values[(y*12+x)*3] }; at(6, 6) < 0.99 || at(6, 2) != 0 || at(3, 6) < 0.99 {
		t.Errorf("a picture twice as wide as high: middle %g, above %g, left %g", at(6, 6), at(6, 2), at(3, 6))
	}
}

func TestBadFrames(t *testing.T) {
	for word, f := range map[string]Frame{
		"channels": {Width: 8, Height: 8, Channels: 2},
		"room":     {Width: 8, Height: 8, Channels: 1, Margin: 4},
		"4096":     {Width: 5000, Height: 8, Channels: 1},
	} {
		if err := f.Validate(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: got error %v", word, err)
		}
	}
}
