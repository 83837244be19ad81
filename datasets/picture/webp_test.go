package picture

import (
	"encoding/binary"
	"image"
	"testing"
)

func TestToFullRange(t *testing.T) {
	img := image.NewYCbCr(image.Rect(0, 0, 6, 1), image.YCbCrSubsampleRatio444)
	copy(img.Y, []uint8{0, 16, 125, 126, 235, 255})
	copy(img.Cb, []uint8{0, 16, 128, 129, 240, 255})
	copy(img.Cr, []uint8{255, 240, 128, 127, 16, 0})
	toFullRange(img)
	for _, test := range []struct {
		plane     string
		got, want []uint8
	}{
		{"Y", img.Y, []uint8{0, 0, 127, 128, 255, 255}},
		{"Cb", img.Cb, []uint8{0, 1, 128, 129, 255, 255}},
		{"Cr", img.Cr, []uint8{255, 255, 128, 127, 1, 0}},
	} {
		if string(test.got) != string(test.want) {
			t.Errorf("%s: %v, want %v", test.plane, test.got, test.want)
		}
	}
}

// webpChunk makes a chunk: name, length, data, padding to an even length.
func webpChunk(name string, data []byte) []byte {
	chunk := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
	chunk = append(chunk, data...)
	return append(chunk, make([]byte, len(data)%2)...)
}

func TestWebPOrientation(t *testing.T) {
	file := func(chunks ...[]byte) []byte {
		data := []byte("WEBP")
		for _, chunk := range chunks {
			data = append(data, chunk...)
		}
		return webpChunk("RIFF", data)
	}
	data := exif(binary.LittleEndian, 8)
	odd := webpChunk("VP8L", make([]byte, 7))
	tests := []struct {
		name string
		file []byte
		want int
	}{
		{"after an odd chunk", file(odd, webpChunk("EXIF", data)), 8},
		{"after an even chunk", file(webpChunk("VP8L", make([]byte, 8)), webpChunk("EXIF", data)), 8},
		{"with JPEG's introduction", file(webpChunk("EXIF", append([]byte("Exif\x00\x00"), data...))), 8},
		{"none", file(odd), 1},
		{"empty", file(odd, webpChunk("EXIF", nil)), 1},
		{"cut", file(odd, webpChunk("EXIF", data))[:50], 1},
		{"no RIFF", []byte("RIFF"), 1},
	}
	for _, test := range tests {
		if got := webpOrientation(test.file); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
