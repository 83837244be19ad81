package picture

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everyByte is a grey picture that starts elsewhere than at (0, 0) and holds 0 to 255 in its order.
func everyByte() *image.Gray {
	img := image.NewGray(image.Rect(5, 7, 37, 15))
	for i := range img.Pix {
		img.Pix[i] = byte(i)
	}
	return img
}

func TestToFloatsOfGreyIsExact(t *testing.T) {
	data, err := ToFloats(everyByte(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range data {
		if v != float32(i)/255 {
			t.Errorf("%d becomes %v, not %v", i, v, float32(i)/255)
		}
	}
}

func TestFloatsRoundTrip(t *testing.T) {
	for channels, img := range map[int]image.Image{1: everyByte(), 3: quadrants(12, 6)} {
		size := img.Bounds().Size()
		data, err := ToFloats(img, channels)
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromFloats(data, size.X, size.Y, channels)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ToFloats(back, channels)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(data, again); diff != "" {
			t.Errorf("%d channels (-first +second):\n%s", channels, diff)
		}
	}
}

func TestToFloatsLayout(t *testing.T) {
	got, err := ToFloats(quadrants(2, 2), 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1}, got); diff != "" {
		t.Errorf("red green/blue white (-want +got):\n%s", diff)
	}
	got, err = ToFloats(quadrants(2, 2), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{.299, .587, .114, 1} {
		if math.Abs(float64(got[i])-want) > 1e-4 {
			t.Errorf("luma of field %d: %v, want %v", i, got[i], want)
		}
	}
}

func TestToFloatsOf16Bits(t *testing.T) {
	img := image.NewGray16(image.Rect(0, 0, 1, 1))
	img.SetGray16(0, 0, color.Gray16{Y: 0x1234})
	if got, err := ToFloats(img, 1); err != nil || got[0] != 0x1234/float32(0xffff) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFromFloatsClampsAndRounds(t *testing.T) {
	inf := float32(math.Inf(1))
	img, err := FromFloats([]float32{-3, 0.4999 / 255, 0.5001 / 255, 1.01, inf, -inf}, 3, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]byte{0, 0, 1, 255, 255, 0}, img.(*image.Gray).Pix); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFloatsErrors(t *testing.T) {
	if _, err := ToFloats(everyByte(), 4); err == nil || !strings.Contains(err.Error(), "4 channels: legal are 1 (grey) and 3") {
		t.Errorf("four channels: %v", err)
	}
	nan := make([]float32, 4*2*3)
	nan[(1*4+2)*3+1] = float32(math.NaN())
	tests := []struct {
		data                    []float32
		width, height, channels int
		want                    string
	}{
		{make([]float32, 8), 2, 2, 2, "2 channels"},
		{make([]float32, 5), 2, 2, 1, "5 values can't be a picture of height 2, width 2 and 1 channels"},
		{nil, 0, 0, 1, "0 values"},
		{make([]float32, 4), -2, -2, 1, "height -2"},
		{nil, 1 << 62, 4, 1, "0 values"}, // the product overflows to 0
		{nan, 4, 2, 3, "value 19 (row 1, column 2, channel 1) of 4x2 pixels is NaN"},
	}
	for _, test := range tests {
		if _, err := FromFloats(test.data, test.width, test.height, test.channels); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v; want a message with %q", err, test.want)
		}
	}
}
