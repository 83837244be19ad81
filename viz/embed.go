package viz

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/jpeg"
	"image/png"
)

const (
	// mostEmbedded bounds the longer side, in pixels, of a picture inside of a page: no picture is shown larger.
	mostEmbedded = 512
	// smallPNG is up to how many bytes a picture in a page is left without loss, whatever a JPEG would take.
	smallPNG = 6 << 10
	// jpegQuality is where a photograph of 128 pixels a side shows no blocks, enlarged twice.
	jpegQuality = 85
)

// dataURL puts a picture into a page: as PNG, without loss, unless it is a photograph whose JPEG takes less than half of that.
func dataURL(img image.Image) (template.URL, error) {
	img = shrink(still(img), mostEmbedded)
	lossless, err := pngBytes(img)
	if err != nil {
		return "", err
	}
	if len(lossless) > smallPNG && photograph(img) {
		var lossy bytes.Buffer
		if err := jpeg.Encode(&lossy, img, &jpeg.Options{Quality: jpegQuality}); err != nil {
			return "", fmt.Errorf("embedding a picture: %w", err)
		}
		if 2*lossy.Len() < len(lossless) {
			return encoded("image/jpeg", lossy.Bytes()), nil
		}
	}
	return encoded("image/png", lossless), nil
}

// losslessURL puts a picture into a page as it is, for pictures that are read as numbers.
func losslessURL(img image.Image) (template.URL, error) {
	data, err := pngBytes(img)
	return encoded("image/png", data), err
}

func pngBytes(img image.Image) ([]byte, error) {
	var data bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&data, img); err != nil {
		return nil, fmt.Errorf("embedding a picture: %w", err)
	}
	return data.Bytes(), nil
}

// photograph reports whether a JPEG can hold what matters in a picture: one of a few colours, or with transparent pixels, is no photograph.
func photograph(img image.Image) bool {
	if _, few := img.(*image.Paletted); few {
		return false
	}
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

func encoded(kind string, data []byte) template.URL {
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data))
}
