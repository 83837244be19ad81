package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	red   = color.RGBA{255, 0, 0, 255}
	green = color.RGBA{0, 255, 0, 255}
	blue  = color.RGBA{0, 0, 255, 255}
	white = color.RGBA{255, 255, 255, 255}
)

// quadrants is a picture of four fields, red green over blue white; so are the files in testdata.
func quadrants(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			fields := [2][2]color.RGBA{{red, green}, {blue, white}}
			img.SetRGBA(x, y, fields[2*y/height][2*x/width])
		}
	}
	return img
}

// sameFields checks the centres of a picture's quadrants: top left, top right, bottom left, bottom right.
// JPEG and lossy WebP change the colours a little.
func sameFields(t *testing.T, img image.Image, tolerance int, want ...color.RGBA) {
	t.Helper()
	size := img.Bounds().Size()
	for i, w := range want {
		x, y := size.X*(1+2*(i%2))/4, size.Y*(1+2*(i/2))/4
		got := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
		if !near(got, w, tolerance) {
			t.Errorf("field %d is %v, want %v", i, got, w)
		}
	}
}

// near compares colours channel by channel.
func near(a, b color.RGBA, tolerance int) bool {
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
		if d > tolerance || d < -tolerance {
			return false
		}
	}
	return true
}

func encodePNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func encodeJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func encodeGIF(t testing.TB, animation *gif.GIF) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := gif.EncodeAll(&file, animation); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// exif makes EXIF data, a TIFF file, whose only tag is the orientation.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	data := []byte("MM")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		data = []byte("II")
	}
	data = order.AppendUint16(data, 42)
	data = order.AppendUint32(data, 8)      // where IFD0 is
	data = order.AppendUint16(data, 1)      // its number of tags
	data = order.AppendUint16(data, 0x0112) // orientation
	data = order.AppendUint16(data, 3)      // of type SHORT
	data = order.AppendUint32(data, 1)      // one value
	data = order.AppendUint16(data, orientation)
	data = order.AppendUint16(data, 0)
	return order.AppendUint32(data, 0) // no further IFD
}

// withEXIF inserts an APP1 segment after a JPEG's start.
func withEXIF(jpg, exif []byte) []byte {
	segment := append([]byte("Exif\x00\x00"), exif...)
	file := append([]byte{}, jpg[:2]...)
	file = append(file, 0xff, 0xe1)
	file = binary.BigEndian.AppendUint16(file, uint16(len(segment)+2))
	file = append(file, segment...)
	return append(file, jpg[2:]...)
}

// pngChunk makes a chunk: length, type, data, CRC.
func pngChunk(kind string, data []byte) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	chunk = append(append(chunk, kind...), data...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
}

// afterIHDR inserts a chunk after the header of a PNG.
func afterIHDR(file, chunk []byte) []byte {
	const end = 8 + 12 + 13
	return append(append(append([]byte{}, file[:end]...), chunk...), file[end:]...)
}

// pngOfSize is a PNG whose header says a size and that holds no pixels.
func pngOfSize(width, height uint32) []byte {
	header := binary.BigEndian.AppendUint32(nil, width)
	header = binary.BigEndian.AppendUint32(header, height)
	header = append(header, 8, 0, 0, 0, 0) // 8 bits, grey
	file := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", header)...)
	return append(file, pngChunk("IEND", nil)...)
}

// letters makes a grey picture whose pixels are the letters of its rows.
func letters(rows ...string) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, len(rows[0]), len(rows)))
	copy(img.Pix, strings.Join(rows, ""))
	return img
}
