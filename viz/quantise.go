package viz

import (
	"image"
	"image/color"
	"slices"
)

// medianCut chooses at most n colours for pictures: boxes of colours are halved at the median of their longest side, the largest first. Source: P. Heckbert, Color
// image quantization for frame buffer display (1982).
func medianCut(pictures []image.Image, n int) color.Palette {
	var all [][3]uint8
	for _, p := range pictures {
		b := p.Bounds()
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				c := color.RGBAModel.Convert(p.At(x, y)).(color.RGBA)
				all = append(all, [3]uint8{c.R, c.G, c.B})
			}
		}
	}
	boxes := []colorBox{newColorBox(all)}
	for len(boxes) < n {
		at := 0
		for i, box := range boxes {
			if box.weight() > boxes[at].weight() {
				at = i
			}
		}
		if boxes[at].length == 0 {
			break // each box has one colour
		}
		lower, upper := boxes[at].halve()
		boxes[at] = lower
		boxes = append(boxes, upper)
	}
	var out color.Palette
	for _, box := range boxes {
		out = append(out, box.mean())
	}
	return out
}

// colorBox are colours, the channel in which they differ most, and by how much.
type colorBox struct {
	colors       [][3]uint8
	axis, length int
}

func newColorBox(colors [][3]uint8) colorBox {
	b := colorBox{colors: colors}
	for i := range 3 {
		low, high := 255, 0
		for _, c := range colors {
			low, high = min(low, int(c[i])), max(high, int(c[i]))
		}
		if high-low > b.length {
			b.axis, b.length = i, high-low
		}
	}
	return b
}

func (b colorBox) weight() int { return b.length * len(b.colors) }

// halve cuts a box near its median. Equal values stay together.
func (b colorBox) halve() (lower, upper colorBox) {
	slices.SortFunc(b.colors, func(x, y [3]uint8) int { return int(x[b.axis]) - int(y[b.axis]) })
	value := func(i int) uint8 { return b.colors[i][b.axis] }
	middle := len(b.colors) / 2
	for middle < len(b.colors) && value(middle) == value(middle-1) {
		middle++
	}
	if middle == len(b.colors) {
		for middle = len(b.colors) / 2; value(middle) == value(middle-1); {
			middle--
		}
	}
	return newColorBox(b.colors[:middle]), newColorBox(b.colors[middle:])
}

func (b colorBox) mean() color.RGBA {
	var sum [3]int
	for _, c := range b.colors {
		for i, v := range c {
			sum[i] += int(v)
		}
	}
	n := len(b.colors)
	return color.RGBA{R: uint8(sum[0] / n), G: uint8(sum[1] / n), B: uint8(sum[2] / n), A: 255}
}
