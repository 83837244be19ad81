package picture

import (
	"bytes"
	"image"
	"io"

	"github.com/bep/imagemeta"
	"golang.org/x/image/riff"
	"golang.org/x/image/webp"
)

// decodeWebP decodes a WebP picture with its colours as they are meant. Lossy WebP has "studio" luma 16 to 235 and chroma
// 16 to 240, which package webp hands on as if it were JPEG's full range: black and white would come out as two greys
// (golang/go issue 40173).
func decodeWebP(r io.Reader) (image.Image, error) {
	img, err := webp.Decode(r)
	switch img := img.(type) {
	case *image.YCbCr:
		toFullRange(img)
	case *image.NYCbCrA:
		toFullRange(&img.YCbCr)
	}
	return img, err
}

// toFullRange stretches luma from 16-235 to 0-255, and chroma from 16-240 to 0-255 about its middle, 128.
func toFullRange(img *image.YCbCr) {
	var luma, chroma [256]uint8
	for v := range 256 {
		luma[v] = toByte(float32(v-16) / (235 - 16))
		chroma[v] = toByte(128./255 + float32(v-128)/(240-16))
	}
	for i, v := range img.Y {
		img.Y[i] = luma[v]
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = chroma[img.Cb[i]], chroma[img.Cr[i]]
	}
}

// webpOrientation reads the orientation from the EXIF chunk. The chunk is found here because imagemeta (1.0.1) doesn't
// count the padding after chunks of odd length, and so misses it in every second file.
func webpOrientation(file []byte) int {
	_, chunks, err := riff.NewReader(bytes.NewReader(file))
	for err == nil {
		var id riff.FourCC
		var chunk io.Reader
		if id, _, chunk, err = chunks.Next(); err != nil || id != (riff.FourCC{'E', 'X', 'I', 'F'}) {
			continue
		}
		var exif []byte
		if exif, err = io.ReadAll(chunk); err == nil {
			// Some programs write JPEG's introduction before what is a TIFF file.
			return exifOrientation(bytes.TrimPrefix(exif, []byte("Exif\x00\x00")), imagemeta.TIFF)
		}
	}
	return upright
}
