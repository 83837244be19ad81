package picture

import (
	"fmt"
	"image"
	"image/color"
)

// Frame is the size and form in which a model takes pictures: Width x Height, Channels (1 grey, 3 red-green-blue), the
// subject inside a black margin of Margin pixels on every side. Fit says what becomes of pictures of other proportions.
type Frame struct {
	Width    int     `json:"width"`
	Height   int     `json:"height"`
	Channels int     `json:"channels"`
	Margin   int     `json:"margin"`
	Fit      FitMode `json:"fit"`
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
func (f Frame) Floats(img image.Image) ([]float32, error) {
	width, height := f.Width-2*f.Margin, f.Height-2*f.Margin
	if img.Bounds().Dx() != width || img.Bounds().Dy() != height {
		fitted, err := Fit(img, width, height, FitOptions{Mode: f.Fit, Background: color.Black})
		if err != nil {
			return nil, err
		}
		img = fitted
	}
	inner, err := ToFloats(img, f.Channels)
	if err != nil {
		return nil, err
	}
	out := make([]float32, f.Size())
	row := width * f.Channels
	for y := range height {
		copy(out[((y+f.Margin)*f.Width+f.Margin)*f.Channels:], inner[y*row:(y+1)*row])
	}
	return out, nil
}
