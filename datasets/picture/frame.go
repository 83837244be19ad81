package picture

import (
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// Frame is the size and form in which a model takes pictures: Width x Height, Channels (1 grey, 3 red-green-blue), the
// subject inside a black margin of Margin pixels on every side.
type Frame struct {
	Width    int `json:"width"`
	Height   int `json:"height"`
	Channels int `json:"channels"`
	Margin   int `json:"margin"`
}

// Validate reports a frame that holds no picture.
func (f Frame) Validate() error {
	if f.Channels != 1 && f.Channels != 3 {
		return fmt.Errorf("picture frame: %d channels; legal are 1 (grey) and 3 (colour)", f.Channels)
	}
	if f.Margin < 0 || f.Width <= 2*f.Margin || f.Height <= 2*f.Margin || f.Width > 4096 || f.Height > 4096 {
		return fmt.Errorf("picture frame: %dx%d with a margin of %d leaves no room, or is over 4096 a side",
			f.Width, f.Height, f.Margin)
	}
	return nil
}

// Size is the number of channel values of a picture.
func (f Frame) Size() int { return f.Width * f.Height * f.Channels }

// Floats scales a picture to fill the frame inside its margin and returns its values [height, width, channels] in
// [0, 1]. A picture that already has the inner size is copied unchanged.
func (f Frame) Floats(img image.Image) []float32 {
	inner := image.Rect(f.Margin, f.Margin, f.Width-f.Margin, f.Height-f.Margin)
	if img.Bounds().Size() == inner.Size() {
		return f.values(img, inner)
	}
	scaled := image.NewNRGBA64(image.Rectangle{Max: inner.Size()})
	draw.CatmullRom.Scale(scaled, scaled.Bounds(), img, img.Bounds(), draw.Src, nil)
	return f.values(scaled, inner)
}

func (f Frame) values(img image.Image, inner image.Rectangle) []float32 {
	out := make([]float32, f.Size())
	b := img.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			i := ((y+inner.Min.Y)*f.Width + x + inner.Min.X) * f.Channels
			c := img.At(b.Min.X+x, b.Min.Y+y)
			if f.Channels == 1 {
				out[i] = float32(color.Gray16Model.Convert(c).(color.Gray16).Y) / 0xffff
				continue
			}
			r, g, bl, _ := c.RGBA()
			out[i], out[i+1], out[i+2] = float32(r)/0xffff, float32(g)/0xffff, float32(bl)/0xffff
		}
	}
	return out
}
