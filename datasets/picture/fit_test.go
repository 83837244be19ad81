package picture

import (
	"image"
	"image/color"
	"strings"
	"testing"
)

func TestFitModes(t *testing.T) {
	// Fields of a 64x32 picture that is fitted to 32x32.
	tests := []struct {
		mode                   FitMode
		top, middleLeft, right color.RGBA // at (8, 2), (8, 12) and (24, 12)
	}{
		{Stretch, red, red, green},
		{Contain, blue, red, green}, // 8 pixels of background above
		{CenterCrop, red, red, green},
	}
	for _, test := range tests {
		img, err := Fit(quadrants(64, 32), 32, 32, FitOptions{Mode: test.mode, Background: blue})
		if err != nil {
			t.Fatal(err)
		}
		if img.Bounds() != image.Rect(0, 0, 32, 32) {
			t.Errorf("mode %d: bounds %v", test.mode, img.Bounds())
		}
		if got := [3]color.Color{img.At(8, 2), img.At(8, 12), img.At(24, 12)}; got != [3]color.Color{test.top, test.middleLeft, test.right} {
			t.Errorf("mode %d: %v", test.mode, got)
		}
	}
}

func TestFitCropsTheMiddle(t *testing.T) {
	// Three fields side by side, of which the middle one is square.
	img := image.NewRGBA(image.Rect(10, 20, 106, 52))
	for y := 20; y < 52; y++ {
		for x := 10; x < 106; x++ {
			img.SetRGBA(x, y, []color.RGBA{red, green, blue}[(x-10)/32])
		}
	}
	cropped, err := Fit(img, 32, 32, FitOptions{Mode: CenterCrop})
	if err != nil {
		t.Fatal(err)
	}
	for y := range 32 {
		for x := range 32 {
			if cropped.At(x, y) != green {
				t.Fatalf("pixel %d, %d is %v", x, y, cropped.At(x, y))
			}
		}
	}
}

func TestFitAverages(t *testing.T) {
	// A fine checkerboard becomes an even grey: pixels are averaged, not picked.
	img := image.NewGray(image.Rect(0, 0, 256, 256))
	for i := range img.Pix {
		if (i+i/256)%2 == 0 {
			img.Pix[i] = 255
		}
	}
	small, err := Fit(img, 16, 16, FitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range small.(*image.Gray).Pix {
		if v < 124 || v > 131 {
			t.Fatalf("pixel %d is %d, want 127 or so", i, v)
		}
	}
}

func TestFitSameSizeIsUnchanged(t *testing.T) {
	img := letters("abc", "def")
	if got, err := Fit(img, 3, 2, FitOptions{}); err != nil || got != image.Image(img) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFitFlattens(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for name, test := range map[string]struct {
		background color.Color
		want       color.RGBA
	}{"default": {nil, white}, "blue": {blue, blue}} {
		img, err := Fit(clear, 8, 8, FitOptions{Background: test.background})
		if err != nil || img.At(4, 4) != test.want {
			t.Errorf("%s: %v, %v", name, img, err)
		}
	}
}

func TestFitExtremeProportions(t *testing.T) {
	for _, mode := range []FitMode{Stretch, Contain, CenterCrop} {
		for _, size := range []image.Point{{1, 5000}, {5000, 1}} {
			img, err := Fit(image.NewGray(image.Rectangle{Max: size}), 28, 28, FitOptions{Mode: mode})
			if err != nil || img.Bounds() != image.Rect(0, 0, 28, 28) {
				t.Errorf("mode %d of %v: %v", mode, size, err)
			}
		}
	}
}

func TestFitErrors(t *testing.T) {
	img := letters("abc", "def")
	tests := []struct {
		img           image.Image
		width, height int
		mode          FitMode
		want          string
	}{
		{image.NewGray(image.Rectangle{}), 28, 28, Stretch, "picture of 0x0 pixels"},
		{img, 0, 28, Stretch, "to 0x28 pixels"},
		{img, 28, -1, Stretch, "to 28x-1 pixels"},
		{img, 1 << 40, 1 << 40, Stretch, "at most 64 megapixels"},
		{img, 28, 28, 7, "no fit mode 7: legal are Stretch (0), Contain (1) and CenterCrop (2)"},
	}
	for _, test := range tests {
		if _, err := Fit(test.img, test.width, test.height, FitOptions{Mode: test.mode}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v; want a message with %q", err, test.want)
		}
	}
}
