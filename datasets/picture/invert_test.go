package picture

import (
	"image"
	"image/color"
	"testing"
)

func TestInvertIfBrightBorder(t *testing.T) {
	tests := []struct {
		name     string
		img      *image.Gray
		inverted bool
	}{
		{"dark on white", letters("\xff\xff\xff", "\xff\x10\xff", "\xff\xff\xff"), true},
		{"bright on black", letters("\x00\x00\x00", "\x00\xf0\x00", "\x00\x00\x00"), false},
		{"dark thing that touches the border", letters("\xff\xff\xff\xff", "\x10\x10\xff\xff", "\xff\xff\xff\xff"), true},
		{"just bright", letters("\x80\x80"), true},
		{"just dark", letters("\x7f\x7f"), false},
		{"empty", image.NewGray(image.Rectangle{}), false},
	}
	for _, test := range tests {
		got, inverted := InvertIfBrightBorder(test.img)
		if inverted != test.inverted {
			t.Errorf("%s: inverted %t", test.name, inverted)
		}
		for i, v := range got.(*image.Gray).Pix {
			want := test.img.Pix[i]
			if inverted {
				want = 255 - want
			}
			if v != want {
				t.Errorf("%s: pixel %d is %d, want %d", test.name, i, v, want)
			}
		}
	}
}

func TestInvertColour(t *testing.T) {
	img := image.NewNRGBA(image.Rect(3, 3, 6, 6))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	img.Set(4, 4, color.NRGBA{10, 200, 0, 255})
	got, inverted := InvertIfBrightBorder(img)
	if !inverted || got.Bounds() != img.Bounds() || got.At(4, 4) != (color.RGBA{245, 55, 255, 255}) || got.At(3, 3) != (color.RGBA{0, 0, 0, 255}) {
		t.Errorf("inverted %t, bounds %v, %v on %v", inverted, got.Bounds(), got.At(4, 4), got.At(3, 3))
	}
}
