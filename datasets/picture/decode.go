package picture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
)

// Bounds on what is read. They keep a hostile or mistaken file from filling the memory; a network sees a few hundred
// pixels a side in any case.
const (
	minSide   = 8          // pixels
	maxPixels = 64_000_000 // width x height; at 8 bytes each (16 bit a channel) 512 MB
	maxBytes  = 256 << 20  // of the file
)

// Options are the options of [Open] and [Decode].
type Options struct {
	// Background is what shows through a transparent picture. Nil is white, as most pages are; a data set of bright
	// things on black, such as Fashion-MNIST, wants color.Black.
	Background color.Color
}

func (o Options) background() color.Color {
	if o.Background == nil {
		return color.White
	}
	return o.Background
}

// Open reads the picture in a file. See [Decode].
func Open(path string, opts Options) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := Decode(f, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return img, nil
}

// Decode reads a PNG, JPEG, GIF (its first frame) or WebP picture. The result is upright, as the EXIF orientation of a
// JPEG, PNG or WebP asks; opaque, transparent parts showing opts.Background; and starts at (0, 0). Grey stays grey and
// 16 bits a channel stay 16. Colour profiles are not applied: values are taken as sRGB.
//
// Anything else is an error that says what was found and what is legal: a file that is no picture, a truncated one, a
// side under 8 pixels, more than 64 megapixels or 256 MiB. Sizes are checked before the pixels are decoded. Only
// unreadable EXIF data is passed over, the picture itself being sound.
func Decode(r io.Reader, opts Options) (image.Image, error) {
	br := bufio.NewReaderSize(r, sniffLen)
	head, err := br.Peek(sniffLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the picture: %w", err)
	}
	format, err := sniff(head)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(br, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the %s picture: %w", format.name, err)
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("the %s picture has over %d MiB: scale it down first", format.name, maxBytes>>20)
	}
	config, err := format.config(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("the header of the %s picture is damaged: %w", format.name, err)
	}
	if err := checkSize(config.Width, config.Height); err != nil {
		return nil, err
	}
	img, err := format.decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("the %s picture is truncated or damaged: %w", format.name, err)
	}
	img = flatten(img, image.Rect(0, 0, config.Width, config.Height), opts.background())
	return orient(img, format.orientation(data)), nil
}

// checkSize reports a size that isn't worth decoding, or isn't safe to.
func checkSize(width, height int) error {
	if width < minSide || height < minSide {
		return fmt.Errorf("the picture has %dx%d pixels: too small, each side needs at least %d", width, height, minSide)
	}
	if pixels := int64(width) * int64(height); pixels > maxPixels {
		return fmt.Errorf("the picture has %dx%d pixels, %d megapixels: too large, the most is %d; scale it down first, "+
			"for example with ImageMagick: convert IN -resize 2048x2048 OUT", width, height, pixels/1e6, maxPixels/1_000_000)
	}
	return nil
}
