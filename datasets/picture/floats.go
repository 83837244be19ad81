package picture

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// ToFloats gives a picture's values [height, width, channels], row by row, in [0, 1]. One channel is the luma of ITU-R
// Rec. 601, as [color.Gray16Model] has it; three are red, green and blue. A grey byte v becomes v/255 exactly.
// Transparent parts count as lying on black: [Decode] and [Fit] give opaque pictures. Other channels are an error.
func ToFloats(img image.Image, channels int) ([]float32, error) {
	if err := checkChannels(channels); err != nil {
		return nil, err
	}
	bounds := img.Bounds()
	data := make([]float32, 0, bounds.Dx()*bounds.Dy()*channels)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := img.At(x, y)
			if channels == 1 {
				data = append(data, float32(luma(c))/0xffff)
				continue
			}
			r, g, b, _ := c.RGBA()
			data = append(data, float32(r)/0xffff, float32(g)/0xffff, float32(b)/0xffff)
		}
	}
	return data, nil
}

// FromFloats makes a picture of width x height pixels of values [height, width, channels], row by row: an *image.Gray of
// one channel, an opaque *image.NRGBA of three. Values are clamped to [0, 1] and rounded to 8 bits. Data of another
// length, other channels and NaN are errors; the last names its first place.
func FromFloats(data []float32, width, height, channels int) (image.Image, error) {
	if err := checkChannels(channels); err != nil {
		return nil, err
	}
	if width < 1 || height < 1 || width > math.MaxInt32/height || len(data) != width*height*channels {
		return nil, fmt.Errorf("%d values can't be a picture of height %d, width %d and %d channels", len(data), height, width, channels)
	}
	for i, v := range data {
		if math.IsNaN(float64(v)) {
			pixel := i / channels
			return nil, fmt.Errorf("value %d (row %d, column %d, channel %d) of %dx%d pixels is NaN",
				i, pixel/width, pixel%width, i%channels, width, height)
		}
	}
	bounds := image.Rect(0, 0, width, height)
	if channels == 1 {
		gray := image.NewGray(bounds)
		for i, v := range data {
			gray.Pix[i] = toByte(v)
		}
		return gray, nil
	}
	rgb := image.NewNRGBA(bounds)
	for i := range width * height {
		rgb.Pix[4*i] = toByte(data[3*i])
		rgb.Pix[4*i+1] = toByte(data[3*i+1])
		rgb.Pix[4*i+2] = toByte(data[3*i+2])
		rgb.Pix[4*i+3] = 255
	}
	return rgb, nil
}

func checkChannels(channels int) error {
	if channels != 1 && channels != 3 {
		return fmt.Errorf("a picture of %d channels: legal are 1 (grey) and 3 (red, green, blue)", channels)
	}
	return nil
}

// luma is the Rec. 601 luma of a colour, 0 to 65535.
func luma(c color.Color) uint16 {
	return color.Gray16Model.Convert(c).(color.Gray16).Y
}

func toByte(v float32) uint8 {
	return uint8(max(0, min(1, v))*255 + 0.5)
}
