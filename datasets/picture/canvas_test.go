package picture

import (
	"image"
	"image/color"
	"testing"
)

func TestFlatten(t *testing.T) {
	half := image.NewNRGBA(image.Rect(1, 0, 2, 1))
	half.SetNRGBA(1, 0, color.NRGBA{200, 100, 0, 128})
	for _, test := range []struct {
		background  color.Color
		left, right color.RGBA
	}{
		{color.White, color.RGBA{255, 255, 255, 255}, color.RGBA{227, 177, 127, 255}},
		{color.Black, color.RGBA{0, 0, 0, 255}, color.RGBA{100, 50, 0, 255}},
		{color.Transparent, color.RGBA{0, 0, 0, 255}, color.RGBA{100, 50, 0, 255}},
	} {
		flat := flatten(half, image.Rect(0, 0, 2, 1), test.background)
		left, right := flat.At(0, 0).(color.RGBA), flat.At(1, 0).(color.RGBA)
		if left != test.left || !near(right, test.right, 1) {
			t.Errorf("on %v: %v %v, want %v %v", test.background, left, right, test.left, test.right)
		}
		if !isOpaque(flat) {
			t.Errorf("on %v: not opaque", test.background)
		}
	}
}

func TestNewLikePalette(t *testing.T) {
	// A palette is a colour model that can't be compared with another palette.
	paletted := image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.Black, color.White})
	if img, ok := newLike(paletted, paletted.Rect).(*image.RGBA); !ok {
		t.Errorf("%T, want *image.RGBA", img)
	}
}
