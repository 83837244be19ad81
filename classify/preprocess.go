package classify

import (
	"fmt"
	"image"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"otherwise/datasets/picture"
	"otherwise/nn"
)

// Preprocessing says how a network wants its pictures, as torchvision's transforms Resize, CenterCrop and Normalize do it. The
// zero value changes nothing.
type Preprocessing struct {
	// Resize is the length that the shorter side gets; 0 resizes nothing.
	Resize int `json:"resize"`
	// Square gives both sides that length.
	Square bool `json:"square"`
	// Interpolation is bilinear (default) or bicubic.
	Interpolation nn.Interpolation `json:"interpolation"`
	// NoAntialias resizes in graphs without antialiasing, as networks that resize for themselves do.
	NoAntialias bool `json:"no_antialias"`
	// Crop is the side of the square that is cut out of the middle, padded with black where the picture is smaller; 0 cuts
	// nothing.
	Crop int `json:"crop"`
	// Range multiplies values in [0, 1] before the mean is subtracted: 255 for networks that take bytes; 0 is 1.
	Range float64 `json:"range"`
	// BGR swaps red and blue.
	BGR bool `json:"bgr"`
	// Mean is subtracted from each channel, then it is divided by Std, in the order that BGR makes. Empty are 0 and 1.
	Mean []float64 `json:"mean"`
	Std  []float64 `json:"std"`
}

// Mean and deviation of published weights. They are made anew each time: a configuration writes over them.
func imageNetMean() []float64 { return []float64{0.485, 0.456, 0.406} }
func imageNetStd() []float64  { return []float64{0.229, 0.224, 0.225} }

// imageNet is the pre-processing of torchvision's first generation of weights: 256, then the middle 224.
func imageNet() Preprocessing {
	return Preprocessing{Resize: 256, Crop: 224, Mean: imageNetMean(), Std: imageNetStd()}
}

// ImageNetNormalisation has the mean and deviation of ImageNet's pictures, which most networks for it take, and no size.
func ImageNetNormalisation() Preprocessing {
	return Preprocessing{Mean: imageNetMean(), Std: imageNetStd()}
}

// Validate reports settings that make no sense.
func (p Preprocessing) Validate() error {
	switch {
	case p.Resize < 0 || p.Crop < 0 || p.Resize > 4096 || p.Crop > 4096:
		return fmt.Errorf("preprocess: resize %d and crop %d; legal are 0 to 4096", p.Resize, p.Crop)
	case p.Square && p.Resize == 0:
		return fmt.Errorf("preprocess: square without a size to resize to")
	case !slices.Contains([]nn.Interpolation{"", nn.Bilinear, nn.Bicubic}, p.Interpolation):
		return fmt.Errorf("preprocess: unknown interpolation %q; legal are %q", p.Interpolation, []nn.Interpolation{nn.Bilinear, nn.Bicubic})
	case len(p.Mean) != len(p.Std) || len(p.Mean) != 0 && len(p.Mean) != 3:
		return fmt.Errorf("preprocess: a mean of %d and a std of %d channels; legal are 3 each, or none", len(p.Mean), len(p.Std))
	case slices.ContainsFunc(p.Std, func(v float64) bool { return !(v > 0) }):
		return fmt.Errorf("preprocess: std %g; it must be positive", p.Std)
	}
	return nil
}

// Size is the side of the squares that pre-processing ends with, and 0 where pictures keep a size of their own.
func (p Preprocessing) Size() int {
	if p.Crop == 0 && p.Square {
		return p.Resize
	}
	return p.Crop
}

// target is the size that a picture is resized to, which may be its own. A picture that has the final size already is not
// resized to be cut to that size again: it has come through pre-processing.
func (p Preprocessing) target(size image.Point) image.Point {
	switch final := p.Size(); {
	case p.Resize == 0, final > 0 && size == image.Pt(final, final):
		return size
	case p.Square:
		return image.Pt(p.Resize, p.Resize)
	}
	return picture.ShorterSide(size, p.Resize)
}

// Preprocess turns pictures x01 [batch, height, width, channels] in [0, 1] into the network's input [batch, height', width', 3].
// Grey pictures (one channel) become three equal channels. It is differentiable.
func (p Preprocessing) Preprocess(x01 *Node) *Node {
	x := p.toRGB(x01)
	d := x.Shape().Dimensions
	target := p.target(image.Pt(d[2], d[1]))
	x = nn.Resize(x, target.Y, target.X, nn.ResizeOptions{Mode: p.Interpolation, Antialias: !p.NoAntialias})
	if p.Crop > 0 {
		x = CropCenter(x, p.Crop, p.Crop)
	}
	return p.normalise(x)
}

func (p Preprocessing) toRGB(x *Node) *Node {
	d := x.Shape().Dimensions
	switch d[3] {
	case 1:
		return BroadcastToDims(x, d[0], d[1], d[2], 3)
	case 3:
		return x
	}
	exceptions.Panicf("pictures of %d channels; legal are 1 (grey) and 3 (red, green, blue)", d[3])
	return nil
}

func (p Preprocessing) normalise(x *Node) *Node {
	if p.BGR {
		x = Reverse(x, 3)
	}
	if p.Range != 0 {
		x = MulScalar(x, p.Range)
	}
	if len(p.Mean) == 0 {
		return x
	}
	row := func(values []float64) *Node { return Reshape(ConstAsDType(x.Graph(), x.DType(), values), 1, 1, 1, 3) }
	return Div(Sub(x, row(p.Mean)), row(p.Std))
}

// CropCenter cuts the middle height x width pixels out of x [batch, height', width', channels], as torchvision's CenterCrop does,
// or pads it with zeros to that size.
func CropCenter(x *Node, height, width int) *Node {
	// Negative padding would cut too, but GoMLX has no gradient for it (v0.28.8).
	var margins [2]PadAxis
	ranges := [2]SliceAxisSpec{AxisRange(), AxisRange()}
	for axis, side := range []int{height, width} {
		before, after := picture.CropMargins(x.Shape().Dimensions[1+axis], side)
		if before > 0 || after > 0 {
			ranges[axis] = AxisRange(before, before+side)
		} else {
			margins[axis] = PadAxis{Start: -before, End: -after}
		}
	}
	x = Slice(x, AxisRange(), ranges[0], ranges[1], AxisRange())
	if margins == [2]PadAxis{} {
		return x
	}
	return Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{}, margins[0], margins[1], PadAxis{})
}

// Pixels resizes and crops a picture with Pillow's arithmetic, as published evaluations do, and returns its values [height,
// width, 3] in [0, 1], to which [Preprocessing.Preprocess] has only the normalisation to add.
func (p Preprocessing) Pixels(img image.Image) (values []float32, size image.Point, err error) {
	target := p.target(img.Bounds().Size())
	filter := picture.Bilinear
	if p.Interpolation == nn.Bicubic {
		filter = picture.Bicubic
	}
	img, err = picture.Resample(img, target.X, target.Y, filter)
	if err != nil {
		return nil, image.Point{}, err
	}
	if p.Crop > 0 {
		img = picture.CropCenter(img, p.Crop, p.Crop)
	}
	values, err = picture.ToFloats(img, 3)
	return values, img.Bounds().Size(), err
}
