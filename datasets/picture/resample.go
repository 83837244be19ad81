package picture

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"otherwise/internal/resample"
)

// Filter is a way of resizing, under Pillow's name for it.
type Filter string

// The filters. All but NearestPixel average when a picture shrinks.
const (
	NearestPixel Filter = "nearest"
	Box          Filter = "box"
	Bilinear     Filter = "bilinear"
	Bicubic      Filter = "bicubic"
	Lanczos      Filter = "lanczos"
)

// windows are the filter's weights along one axis.
func (f Filter) windows(in, out int) ([]resample.Window, error) {
	switch f {
	case NearestPixel:
		return resample.Nearest(in, out, true), nil
	case Box:
		return resample.Antialiased[float64](in, out, resample.Box), nil
	case Bilinear:
		return resample.Antialiased[float64](in, out, resample.Triangle), nil
	case Bicubic:
		return resample.Antialiased[float64](in, out, resample.Cubic), nil
	case Lanczos:
		return resample.Antialiased[float64](in, out, resample.Lanczos), nil
	}
	return nil, fmt.Errorf("unknown filter %q; legal are %q", f, []Filter{NearestPixel, Box, Bilinear, Bicubic, Lanczos})
}

// Resample scales a picture to width x height pixels and gives the very bytes that Pillow's Image.resize gives, which is
// how the published classifiers' pictures were prepared: 8 bits a channel, rounded after each axis. The result is an
// *image.Gray of a grey picture, else an opaque *image.NRGBA; transparent parts count as lying on black. See [Fit] for
// pictures of any depth. An empty picture, a size without pixels or over 64 megapixels, and an unknown filter are errors.
func Resample(img image.Image, width, height int, f Filter) (image.Image, error) {
	source := img.Bounds()
	if source.Empty() {
		return nil, fmt.Errorf("can't resize a picture of %dx%d pixels", source.Dx(), source.Dy())
	}
	if width < 1 || height < 1 || width > maxPixels/height {
		return nil, fmt.Errorf("can't resize a picture to %dx%d pixels: legal are sides of at least 1 and at most %d megapixels",
			width, height, maxPixels/1_000_000)
	}
	columns, err := f.windows(source.Dx(), width)
	if err != nil {
		return nil, err
	}
	rows, err := f.windows(source.Dy(), height)
	if err != nil {
		return nil, err
	}
	pixels, channels := bytesOf(img)
	if rowsFirst(source.Size(), image.Pt(width, height)) {
		pixels = resampleBytes(pixels, source.Dx()*channels, rows, source.Dy())
		pixels = resampleBytes(pixels, channels, columns, source.Dx())
	} else {
		pixels = resampleBytes(pixels, channels, columns, source.Dx())
		pixels = resampleBytes(pixels, width*channels, rows, source.Dy())
	}
	return fromBytes(pixels, width, height, channels), nil
}

// ResampleFloats is [Resample] of values [height, width, channels], row by row, of any range and without rounding, as Pillow
// resizes pictures of its mode F.
func ResampleFloats(data []float32, from image.Point, channels int, to image.Point, f Filter) ([]float32, error) {
	if from.X < 1 || from.Y < 1 || to.X < 1 || to.Y < 1 || channels < 1 || len(data) != from.X*from.Y*channels {
		return nil, fmt.Errorf("can't resize %d values as a picture of %dx%d pixels and %d channels to %dx%d", len(data), from.X, from.Y, channels, to.X, to.Y)
	}
	columns, err := f.windows(from.X, to.X)
	if err != nil {
		return nil, err
	}
	rows, err := f.windows(from.Y, to.Y)
	if err != nil {
		return nil, err
	}
	if rowsFirst(from, to) {
		data = resampleFloats(data, from.X*channels, rows, from.Y)
		return resampleFloats(data, channels, columns, from.X), nil
	}
	data = resampleFloats(data, channels, columns, from.X)
	return resampleFloats(data, to.X*channels, rows, from.Y), nil
}

// rowsFirst says that Pillow shortens the columns before the rows, which the rounding between the two shows: it does since
// version 13 where more than twice as many rows as columns of pixels go. The rule was found by trying all kinds of sizes.
func rowsFirst(from, to image.Point) bool {
	return to.Y < from.Y && 2*(from.X-to.X) < from.Y-to.Y
}

// resampleBytes applies windows along the middle axis of bytes [any, n, inner], in the fixed-point arithmetic of Pillow's Resample.c.
func resampleBytes(data []uint8, inner int, windows []resample.Window, n int) []uint8 {
	const bits = 32 - 8 - 2 // of the weights, after the point
	out := make([]uint8, 0, len(data)/n*len(windows))
	sums := make([]int, inner)
	for ; len(data) > 0; data = data[n*inner:] {
		for _, w := range windows {
			for i := range sums {
				sums[i] = 1 << (bits - 1) // rounds to nearest
			}
			for j, weight := range w.Weights {
				fixed := int(math.Round(weight * (1 << bits)))
				for i, v := range data[(w.First+j)*inner:][:inner] {
					sums[i] += fixed * int(v)
				}
			}
			for _, sum := range sums {
				out = append(out, uint8(min(max(sum>>bits, 0), 255)))
			}
		}
	}
	return out
}

// resampleFloats applies windows along the middle axis of values [any, n, inner].
func resampleFloats(data []float32, inner int, windows []resample.Window, n int) []float32 {
	out := make([]float32, 0, len(data)/n*len(windows))
	sums := make([]float64, inner)
	for ; len(data) > 0; data = data[n*inner:] {
		for _, w := range windows {
			clear(sums)
			for j, weight := range w.Weights {
				for i, v := range data[(w.First+j)*inner:][:inner] {
					sums[i] += weight * float64(v)
				}
			}
			for _, sum := range sums {
				out = append(out, float32(sum))
			}
		}
	}
	return out
}

// bytesOf gives a picture's bytes, one channel of a grey picture, else red, green, blue.
func bytesOf(img image.Image) ([]uint8, int) {
	bounds := img.Bounds()
	channels := 3
	if m := img.ColorModel(); m == color.GrayModel || m == color.Gray16Model {
		channels = 1
	}
	data := make([]uint8, 0, bounds.Dx()*bounds.Dy()*channels)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			if channels == 1 {
				data = append(data, uint8(r>>8))
				continue
			}
			data = append(data, uint8(r>>8), uint8(g>>8), uint8(b>>8))
		}
	}
	return data, channels
}

func fromBytes(data []uint8, width, height, channels int) image.Image {
	bounds := image.Rect(0, 0, width, height)
	if channels == 1 {
		return &image.Gray{Pix: data, Stride: width, Rect: bounds}
	}
	rgb := image.NewNRGBA(bounds)
	for i := range width * height {
		copy(rgb.Pix[4*i:], data[3*i:3*i+3])
		rgb.Pix[4*i+3] = 255
	}
	return rgb
}
