package picture

import (
	"image"
	"image/color"
	"strings"
	"testing"
)

func TestOrient(t *testing.T) {
	// What a picture stored as abc/def is to be seen as.
	want := map[int][]string{
		1: {"abc", "def"},
		2: {"cba", "fed"},
		3: {"fed", "cba"},
		4: {"def", "abc"},
		5: {"ad", "be", "cf"},
		6: {"da", "eb", "fc"},
		7: {"fc", "eb", "da"},
		8: {"cf", "be", "ad"},
	}
	for orientation, rows := range want {
		got := orient(letters("abc", "def"), orientation)
		if got.Bounds() != letters(rows...).Bounds() {
			t.Errorf("orientation %d: bounds %v", orientation, got.Bounds())
		}
		if pix := string(got.(*image.Gray).Pix); pix != strings.Join(rows, "") {
			t.Errorf("orientation %d: %q, want %q", orientation, pix, rows)
		}
	}
}

func TestOrientKeeps16Bits(t *testing.T) {
	stored := image.NewNRGBA64(image.Rect(0, 0, 2, 1))
	stored.SetNRGBA64(0, 0, color.NRGBA64{0x1234, 0x5678, 0x9abc, 0xffff})
	got := orient(stored, 2).At(1, 0)
	if want := (color.RGBA64{0x1234, 0x5678, 0x9abc, 0xffff}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}
