package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func decode(t *testing.T, data []byte, opts Options) image.Image {
	t.Helper()
	img, err := Decode(bytes.NewReader(data), opts)
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Min != (image.Point{}) || !isOpaque(img) {
		t.Errorf("bounds %v, opaque %t", img.Bounds(), isOpaque(img))
	}
	return img
}

func TestDecodeFormats(t *testing.T) {
	paletted := image.NewPaletted(image.Rect(0, 0, 64, 32), color.Palette{red, green, blue, white})
	for y := range 32 {
		for x := range 64 {
			paletted.Set(x, y, quadrants(64, 32).At(x, y))
		}
	}
	tests := []struct {
		name      string
		data      []byte
		tolerance int
	}{
		{"PNG", encodePNG(t, quadrants(16, 8)), 0},
		{"PNG with a palette", encodePNG(t, paletted), 0},
		{"JPEG", encodeJPEG(t, quadrants(64, 32)), 8},
		{"GIF", encodeGIF(t, &gif.GIF{Image: []*image.Paletted{paletted}, Delay: []int{0}}), 0},
		{"lossless WebP", testdata(t, "lossless.webp"), 0},
		{"lossy WebP", testdata(t, "lossy.webp"), 8},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sameFields(t, decode(t, test.data, Options{}), test.tolerance, red, green, blue, white)
		})
	}
}

func TestDecodeGrey(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 16, 16))
	deep := image.NewGray16(grey.Rect)
	for i := range 256 {
		grey.Pix[i] = byte(i)
		deep.SetGray16(i%16, i/16, color.Gray16{Y: uint16(257*i + 3)})
	}
	if got := decode(t, encodePNG(t, grey), Options{}).(*image.Gray); !bytes.Equal(got.Pix, grey.Pix) {
		t.Error("8-bit grey changed")
	}
	if got := decode(t, encodePNG(t, deep), Options{}).(*image.Gray16); !bytes.Equal(got.Pix, deep.Pix) {
		t.Error("16-bit grey changed")
	}
}

func TestDecode16BitColour(t *testing.T) {
	deep := image.NewNRGBA64(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		deep.SetNRGBA64(i%8, i/8, color.NRGBA64{0x1234, 0xabcd, 0x0001, 0xffff})
	}
	if got := color.RGBA64Model.Convert(decode(t, encodePNG(t, deep), Options{}).At(3, 3)); got != (color.RGBA64{0x1234, 0xabcd, 0x0001, 0xffff}) {
		t.Errorf("opaque: %v", got)
	}
	deep.SetNRGBA64(3, 3, color.NRGBA64{0x8000, 0, 0, 0x8000})
	got := decode(t, encodePNG(t, deep), Options{Background: color.Black}).At(3, 3).(color.RGBA64)
	if got.R != 0x4000 || got.A != 0xffff {
		t.Errorf("half-transparent on black: %v, want red 0x4000", got)
	}
}

func TestDecodeAlpha(t *testing.T) {
	halfSeen := image.NewNRGBA(image.Rect(0, 0, 16, 8))
	for y := range 8 {
		for x := range 8 {
			halfSeen.Set(x, y, quadrants(16, 8).At(x, y))
		}
	}
	black := color.RGBA{0, 0, 0, 255}
	for name, data := range map[string][]byte{"PNG": encodePNG(t, halfSeen), "WebP": testdata(t, "alpha.webp")} {
		t.Run(name, func(t *testing.T) {
			sameFields(t, decode(t, data, Options{}), 0, red, white, blue, white)
			sameFields(t, decode(t, data, Options{Background: color.Black}), 0, red, black, blue, black)
		})
	}
}

func TestDecodeGIFFirstFrame(t *testing.T) {
	// The first frame covers the lower right quarter only; the second one all.
	palette := color.Palette{red, green}
	first, second := image.NewPaletted(image.Rect(8, 4, 16, 8), palette), image.NewPaletted(image.Rect(0, 0, 16, 8), palette)
	for i := range second.Pix {
		second.Pix[i] = 1
	}
	data := encodeGIF(t, &gif.GIF{
		Image:  []*image.Paletted{first, second},
		Delay:  []int{1, 1},
		Config: image.Config{ColorModel: palette, Width: 16, Height: 8},
	})
	img := decode(t, data, Options{Background: blue})
	if img.Bounds() != image.Rect(0, 0, 16, 8) {
		t.Errorf("bounds %v", img.Bounds())
	}
	sameFields(t, img, 0, blue, blue, blue, red)
}

func TestDecodeOrientation(t *testing.T) {
	// Where red, green, blue and white of the stored picture go.
	want := map[uint16][]color.RGBA{
		1: {red, green, blue, white},
		2: {green, red, white, blue},
		3: {white, blue, green, red},
		4: {blue, white, red, green},
		5: {red, blue, green, white},
		6: {blue, red, white, green},
		7: {white, green, blue, red},
		8: {green, white, red, blue},
	}
	jpg, pic := encodeJPEG(t, quadrants(64, 32)), encodePNG(t, quadrants(64, 32))
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for orientation, fields := range want {
			size := image.Pt(64, 32)
			if orientation >= 5 {
				size = image.Pt(32, 64)
			}
			data := exif(order, orientation)
			for _, file := range [][]byte{withEXIF(jpg, data), afterIHDR(pic, pngChunk("eXIf", data))} {
				img := decode(t, file, Options{})
				if img.Bounds().Size() != size {
					t.Errorf("orientation %d, %v: size %v, want %v", orientation, order, img.Bounds().Size(), size)
				}
				sameFields(t, img, 8, fields...)
			}
		}
	}
	img := decode(t, testdata(t, "orientation6.webp"), Options{})
	if img.Bounds().Size() != image.Pt(8, 16) {
		t.Errorf("WebP of orientation 6: size %v", img.Bounds().Size())
	}
	sameFields(t, img, 0, want[6]...)
}

func TestDecodePassesOverBadEXIF(t *testing.T) {
	jpg := encodeJPEG(t, quadrants(64, 32))
	good := exif(binary.BigEndian, 6)
	manyTags := bytes.Clone(good)
	binary.BigEndian.PutUint16(manyTags[8:], 65535)
	farIFD := bytes.Clone(good)
	binary.BigEndian.PutUint32(farIFD[4:], 1<<31)
	for name, data := range map[string][]byte{
		"orientation 0":   exif(binary.BigEndian, 0),
		"orientation 9":   exif(binary.BigEndian, 9),
		"empty":           {},
		"cut":             good[:9],
		"no TIFF":         []byte("neither II nor MM, but long enough"),
		"IFD outside":     farIFD,
		"IFD with itself": append(bytes.Clone(good[:22]), 0, 0, 0, 8),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "IFD with itself" {
				copy(data[10:12], "\x01\x00") // another tag, the image's width
			}
			sameFields(t, decode(t, withEXIF(jpg, data), Options{}), 8, red, green, blue, white)
		})
	}
	// More tags announced than there are: the orientation comes first and counts.
	sameFields(t, decode(t, withEXIF(jpg, manyTags), Options{}), 8, blue, red, white, green)
}

func TestDecodeErrors(t *testing.T) {
	pic, jpg, webp := encodePNG(t, quadrants(64, 32)), encodeJPEG(t, quadrants(64, 32)), testdata(t, "lossy.webp")
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "not a picture: the file is empty"},
		{"one byte", []byte{0}, "not a picture: the file looks like nothing known (its first bytes are 00)"},
		{"text", []byte("Not a picture, but a letter."), "looks like text"},
		{"HTML", []byte("<!DOCTYPE html><html>404</html>"), "an HTML page"},
		{"PDF", []byte("%PDF-1.7 ..."), "a PDF document"},
		{"gzip", []byte("\x1f\x8b\x08\x00rest"), "a gzip file"},
		{"zip", []byte("PK\x03\x04rest"), "a ZIP archive"},
		{"BMP", []byte("BM and the rest"), "a BMP picture"},
		{"TIFF", []byte("II*\x00rest"), "a TIFF picture, but only PNG, JPEG, GIF and WebP are read"},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic"), "a HEIC picture, but only"},
		{"AVIF", []byte("\x00\x00\x00\x18ftypavif"), "an AVIF picture, but only"},
		{"SVG", []byte("<svg xmlns=''/>"), "an SVG drawing, but only"},
		{"RIFF of sound", []byte("RIFF\x00\x00\x00\x00WAVEfmt "), "a sound"},
		{"magic of PNG only", pic[:8], "the header of the PNG picture is damaged"},
		{"magic of JPEG only", jpg[:3], "the header of the JPEG picture is damaged"},
		{"magic of GIF only", []byte("GIF89a"), "the header of the GIF picture is damaged"},
		{"magic of WebP only", webp[:12], "the header of the WebP picture is damaged"},
		{"PNG cut", pic[:len(pic)-20], "the PNG picture is truncated or damaged"},
		{"JPEG cut", jpg[:len(jpg)-40], "the JPEG picture is truncated or damaged"},
		{"WebP cut", webp[:len(webp)-20], "the WebP picture is truncated or damaged"},
		{"PNG with a wrong checksum", append(bytes.Clone(pic[:29]), append([]byte{0, 0, 0, 0}, pic[33:]...)...), "damaged: png: invalid format: invalid checksum"},
		{"0x0 PNG", pngOfSize(0, 0), "non-positive dimension"},
		{"0x0 GIF", []byte("GIF89a\x00\x00\x00\x00\x00\x00\x00;"), "0x0 pixels: too small, each side needs at least 8"},
		{"1x1", encodePNG(t, quadrants(1, 1)), "1x1 pixels: too small"},
		{"7x100", pngOfSize(7, 100), "7x100 pixels: too small"},
		{"100x7", pngOfSize(100, 7), "100x7 pixels: too small"},
		{"20000x20000", pngOfSize(20000, 20000), "20000x20000 pixels, 400 megapixels: too large, the most is 64; scale it down"},
		{"2 billion a side", pngOfSize(1<<31-1, 1<<31-1), "the PNG picture"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			img, err := Decode(bytes.NewReader(test.data), Options{})
			if err == nil {
				t.Fatalf("no error but a picture of %v", img.Bounds())
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q doesn't say %q", err, test.want)
			}
		})
	}
}

func TestDecodeFailingReader(t *testing.T) {
	broken := errors.New("the disk is broken")
	for name, r := range map[string]io.Reader{
		"at once": iotest.ErrReader(broken),
		"later":   io.MultiReader(bytes.NewReader(pngOfSize(800, 800)), bytes.NewReader(make([]byte, 600)), iotest.ErrReader(broken)),
	} {
		if _, err := Decode(r, Options{}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeEndlessReader(t *testing.T) {
	endless := io.MultiReader(bytes.NewReader(pngOfSize(800, 800)), zeros{})
	if _, err := Decode(endless, Options{}); err == nil || !strings.Contains(err.Error(), "over 256 MiB") {
		t.Errorf("an endless file: %v", err)
	}
}

// zeros is a file without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "quadrants.png")
	if err := os.WriteFile(name, encodePNG(t, quadrants(16, 8)), 0o644); err != nil {
		t.Fatal(err)
	}
	img, err := Open(name, Options{})
	if err != nil {
		t.Fatal(err)
	}
	sameFields(t, img, 0, red, green, blue, white)

	if _, err := Open(filepath.Join(dir, "missing.png"), Options{}); !os.IsNotExist(err) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder: %v", err)
	}
}

// FuzzDecode feeds the decoder with any bytes. What it accepts must be of a legal size, opaque and whole.
func FuzzDecode(f *testing.F) {
	jpg := encodeJPEG(f, quadrants(16, 8))
	for _, data := range [][]byte{
		nil,
		encodePNG(f, quadrants(16, 8)),
		afterIHDR(encodePNG(f, quadrants(8, 8)), pngChunk("eXIf", exif(binary.LittleEndian, 5))),
		pngOfSize(20000, 20000),
		jpg,
		jpg[:len(jpg)/2],
		withEXIF(jpg, exif(binary.BigEndian, 7)),
		encodeGIF(f, &gif.GIF{Image: []*image.Paletted{image.NewPaletted(image.Rect(2, 2, 9, 9), color.Palette{red, blue})}, Delay: []int{0}}),
		testdata(f, "lossless.webp"),
		testdata(f, "lossy.webp"),
		testdata(f, "alpha.webp"),
		testdata(f, "orientation6.webp"),
	} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := Decode(bytes.NewReader(data), Options{})
		if err != nil {
			return
		}
		bounds := img.Bounds()
		if bounds.Min != (image.Point{}) || checkSize(bounds.Dx(), bounds.Dy()) != nil || !isOpaque(img) {
			t.Errorf("accepted a picture of bounds %v, opaque %t", bounds, isOpaque(img))
		}
	})
}
