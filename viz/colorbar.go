package viz

import (
	"fmt"
	"html/template"
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// ColorBar tells which colour stands for which value.
type ColorBar struct {
	Low, High string // what its ends mean, such as "0 ignored"
	colors    color.Palette
}

// HeatBar is the bar of [Heat] and [Overlay].
func HeatBar(low, high string) *ColorBar { return &ColorBar{low, high, heatPalette()} }

// DifferenceBar is the bar of [Difference].
func DifferenceBar() *ColorBar {
	return &ColorBar{fmt.Sprintf("−%g", DifferenceScale), fmt.Sprintf("+%g", DifferenceScale), differencePalette()}
}

// AngleBar is the bar of [Angles].
func AngleBar() *ColorBar { return &ColorBar{"0°", "180°", anglePalette()} }

// barSteps is how many colours a bar has; they run into each other.
const barSteps = 128

// strip is the bar alone, a pixel high. The palette's last colour, for NaN, is left out.
func (b *ColorBar) strip() image.Image {
	img := image.NewPaletted(image.Rect(0, 0, barSteps, 1), b.colors)
	for x := range img.Pix {
		img.Pix[x] = uint8(x * (len(b.colors) - 2) / (barSteps - 1))
	}
	return img
}

// Src is the bar as a data URL.
func (b *ColorBar) Src() (template.URL, error) { return dataURL(b.strip()) }

// below puts the bar with its ends' meaning below a picture.
func (b *ColorBar) below(picture image.Image) image.Image {
	const bar = 12
	size := picture.Bounds().Size()
	out := image.NewRGBA(image.Rect(0, 0, size.X, size.Y+6+bar+lineHeight))
	draw.Draw(out, out.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	draw.Draw(out, image.Rectangle{Max: size}, picture, picture.Bounds().Min, draw.Over)
	ramp := b.strip()
	draw.ApproxBiLinear.Scale(out, image.Rect(0, size.Y+6, size.X, size.Y+6+bar), ramp, ramp.Bounds(), draw.Src, nil)
	face := newFace()
	defer face.Close()
	write(out, face, b.Low, 0, size.Y+6+bar)
	right := textWidth(face, b.High)
	write(out, face, b.High, max(0, size.X-right), size.Y+6+bar)
	return out
}
