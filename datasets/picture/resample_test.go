package picture_test

import (
	"fmt"
	"image"
	"math"
	"strings"
	"testing"

	"otherwise/datasets/picture"
	"otherwise/internal/golden"
)

// rgbOf is the picture of a golden tensor [height, width, 3] of bytes.
func rgbOf(g *golden.File, name string) image.Image {
	data, shape := g.Bytes(name), g.Shape(name)
	img := image.NewNRGBA(image.Rect(0, 0, shape[1], shape[0]))
	for i := range shape[0] * shape[1] {
		copy(img.Pix[4*i:], data[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	return img
}

// sameBytes fails the test where a picture differs from a golden tensor [height, width, 3] of bytes.
func sameBytes(t *testing.T, g *golden.File, got image.Image, name string) {
	t.Helper()
	want := rgbOf(g, name)
	if got.Bounds() != want.Bounds() {
		t.Fatalf("%s: bounds %v, want %v", name, got.Bounds(), want.Bounds())
	}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r, gr, b, _ := got.At(x, y).RGBA()
			wr, wg, wb, _ := want.At(x, y).RGBA()
			if r != wr || gr != wg || b != wb {
				t.Fatalf("%s: pixel %d, %d is %v, want %v", name, x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}

// testPillow compares with every case expected.pil_u8.<filter>.<height>x<width> and pil_f32 of a golden file.
func testPillow(t *testing.T, path string) {
	g := golden.Open(t, path)
	small := rgbOf(g, "inputs.small_u8")
	floats, shape := g.Floats("inputs.x")
	from := image.Pt(shape[3], shape[2])
	bytes, reals := 0, 0
	for _, name := range g.Names() {
		words := strings.Split(name, ".")
		var height, width int
		if _, err := fmt.Sscanf(words[len(words)-1], "%dx%d", &height, &width); err != nil {
			continue
		}
		filter := picture.Filter(words[2])
		switch words[1] {
		case "pil_u8":
			got, err := picture.Resample(small, width, height, filter)
			if err != nil {
				t.Fatal(err)
			}
			sameBytes(t, g, got, name)
			bytes++
		case "pil_f32":
			got, err := picture.ResampleFloats(floats[:from.X*from.Y], from, 1, image.Pt(width, height), filter)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := g.Floats(name)
			golden.Near(t, name, got, want, 1e-6)
			reals++
		}
	}
	if bytes == 0 || reals == 0 {
		t.Fatalf("the file has %d cases of bytes and %d of floats", bytes, reals)
	}
}

func TestResampleAgreesWithPillow(t *testing.T) { testPillow(t, "testdata/pillow.safetensors") }

func TestResampleAgreesWithReference(t *testing.T) {
	testPillow(t, golden.Reference(t, "models/resize/resize_golden.safetensors"))
}

func resizeCrop(t *testing.T, img image.Image, resize, crop int, filter picture.Filter) (resized, cropped image.Image) {
	t.Helper()
	size := picture.ShorterSide(img.Bounds().Size(), resize)
	resized, err := picture.Resample(img, size.X, size.Y, filter)
	if err != nil {
		t.Fatal(err)
	}
	return resized, picture.CropCenter(resized, crop, crop)
}

func TestResizeAndCropAgreeWithTorchvision(t *testing.T) {
	g := golden.Open(t, "testdata/pillow.safetensors")
	for _, form := range []string{"wide", "tall"} {
		img := rgbOf(g, "inputs.photo_"+form+"_u8")
		_, cropped := resizeCrop(t, img, 16, 13, picture.Bilinear)
		sameBytes(t, g, cropped, "expected.pil."+form+".resize_crop_u8")
		sameBytes(t, g, picture.CropCenter(img, 25, 25), "expected.pil."+form+".padded_u8")
	}
}

func TestResizeAndCropAgreeWithReference(t *testing.T) {
	g := golden.Open(t, golden.Reference(t, "models/resize/resize_golden.safetensors"))
	for form, input := range map[string]string{"wide": "inputs.photo_u8", "tall": "inputs.photo_tall_u8"} {
		img, prefix := rgbOf(g, input), "expected.pil."+form+"."
		resized, cropped := resizeCrop(t, img, 64, 56, picture.Bilinear)
		sameBytes(t, g, resized, prefix+"resize_u8")
		sameBytes(t, g, cropped, prefix+"resize_crop_u8")
		_, cropped = resizeCrop(t, img, 56, 56, picture.Bicubic)
		sameBytes(t, g, cropped, prefix+"bicubic_resize_crop_u8")
		square, err := picture.Resample(img, 64, 64, picture.Bilinear)
		if err != nil {
			t.Fatal(err)
		}
		sameBytes(t, g, square, prefix+"resize_square_u8")
	}
}

func TestResampleKeepsGreyGrey(t *testing.T) {
	img := image.NewGray(image.Rect(3, 4, 9, 10))
	for i := range img.Pix {
		img.Pix[i] = 77
	}
	got, err := picture.Resample(img, 5, 11, picture.Lanczos)
	if err != nil {
		t.Fatal(err)
	}
	grey, ok := got.(*image.Gray)
	if !ok || got.Bounds() != image.Rect(0, 0, 5, 11) {
		t.Fatalf("got %T with bounds %v", got, got.Bounds())
	}
	for i, v := range grey.Pix {
		if v != 77 {
			t.Fatalf("pixel %d is %d", i, v)
		}
	}
}

func TestResampleRefuses(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 4, 4))
	for want, call := range map[string]func() error{
		"0x0 pixels": func() error {
			_, err := picture.Resample(image.NewGray(image.Rectangle{}), 2, 2, picture.Box)
			return err
		},
		"64 megapixels":  func() error { _, err := picture.Resample(img, math.MaxInt32, math.MaxInt32, picture.Box); return err },
		"unknown filter": func() error { _, err := picture.Resample(img, 2, 2, "cubic"); return err },
		"3 values": func() error {
			_, err := picture.ResampleFloats(make([]float32, 3), image.Pt(2, 2), 1, image.Pt(1, 1), picture.Box)
			return err
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error that says %q, got %v", want, err)
		}
	}
}
