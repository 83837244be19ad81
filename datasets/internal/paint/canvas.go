package paint

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// Canvas is a picture in the making: colours, and beside them any number of masks of how much of a pixel something
// covers. It serves one goroutine.
type Canvas struct {
	W, H int
	pix  []RGB
	// masks are 0 to 1 a pixel. What is painted joins the masks that are switched on, and hides what the others hold.
	masks  [][]float64
	on     []bool
	raster vector.Rasterizer
	alpha  image.Alpha
}

// NewCanvas makes a black canvas with a number of empty masks, all switched off.
func NewCanvas(width, height, masks int) *Canvas {
	c := &Canvas{W: width, H: height, pix: make([]RGB, width*height), on: make([]bool, masks)}
	for range masks {
		c.masks = append(c.masks, make([]float64, width*height))
	}
	c.alpha = image.Alpha{Pix: make([]byte, width*height)}
	return c
}

// Mark switches on the masks that are named by their number, and all others off.
func (c *Canvas) Mark(masks ...int) {
	clear(c.on)
	for _, m := range masks {
		c.on[m] = true
	}
}

// Shader gives the colour at a pixel's centre.
type Shader func(x, y float64) RGB

// Plain is a shader of one colour.
func Plain(color RGB) Shader { return func(x, y float64) RGB { return color } }

// Blend lays colour over a pixel; coverage is 0 to 1.
func (c *Canvas) Blend(x, y int, color RGB, coverage float64) {
	i := y*c.W + x
	c.pix[i] = c.pix[i].Mix(color, coverage)
	for m, mask := range c.masks {
		target := 0.0
		if c.on[m] {
			target = 1
		}
		mask[i] = Mix(mask[i], target, coverage)
	}
}

// Tint mixes a colour into a pixel and leaves the masks alone: shade, light, haze.
func (c *Canvas) Tint(x, y int, color RGB, share float64) {
	i := y*c.W + x
	c.pix[i] = c.pix[i].Mix(color, share)
}

// At is a pixel's colour.
func (c *Canvas) At(x, y int) RGB { return c.pix[y*c.W+x] }

// Cover paints every pixel.
func (c *Canvas) Cover(shader Shader) {
	for y := range c.H {
		for x := range c.W {
			c.Blend(x, y, shader(float64(x)+0.5, float64(y)+0.5), 1)
		}
	}
}

// Fill paints the inside of a path (non-zero winding), antialiased; opacity is 0 to 1.
func (c *Canvas) Fill(p *Path, shader Shader, opacity float64) {
	c.coverage(p, func(x, y int, coverage float64) {
		c.Blend(x, y, shader(float64(x)+0.5, float64(y)+0.5), float64(coverage*opacity))
	})
}

// Shade tints the inside of a path; see [Canvas.Tint].
func (c *Canvas) Shade(p *Path, color RGB, share float64) {
	c.coverage(p, func(x, y int, coverage float64) { c.Tint(x, y, color, float64(coverage*share)) })
}

// coverage visits the pixels that a path covers at least partly.
func (c *Canvas) coverage(p *Path, visit func(x, y int, coverage float64)) {
	box := p.bounds().Intersect(image.Rect(0, 0, c.W, c.H))
	if box.Empty() {
		return
	}
	w, h := box.Dx(), box.Dy()
	c.raster.Reset(w, h)
	c.raster.DrawOp = draw.Src
	p.draw(&c.raster, Vec{float64(box.Min.X), float64(box.Min.Y)})
	c.alpha.Stride, c.alpha.Rect = w, image.Rect(0, 0, w, h)
	c.raster.Draw(&c.alpha, c.alpha.Rect, image.Opaque, image.Point{})
	for y := range h {
		for x, a := range c.alpha.Pix[y*w : (y+1)*w] {
			if a > 0 {
				visit(box.Min.X+x, box.Min.Y+y, float64(a)/255)
			}
		}
	}
}

// Glow mixes a colour into a soft disc: all of it at the centre, none at the radius.
func (c *Canvas) Glow(centre Vec, rx, ry float64, color RGB, share float64) {
	for y := max(0, int(math.Floor(centre.Y-ry))); y < min(c.H, int(math.Ceil(centre.Y+ry))); y++ {
		for x := max(0, int(math.Floor(centre.X-rx))); x < min(c.W, int(math.Ceil(centre.X+rx))); x++ {
			d := Vec{(float64(x) + 0.5 - centre.X) / rx, (float64(y) + 0.5 - centre.Y) / ry}
			c.Tint(x, y, color, float64(share*Step(1, 0, d.Len())))
		}
	}
}

// Image is the picture so far.
func (c *Canvas) Image() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, c.W, c.H))
	for i, p := range c.pix {
		img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3] = toByte(p.R), toByte(p.G), toByte(p.B), 255
	}
	return img
}

// Mask is what a mask holds so far: black where nothing of it shows, white where it covers the pixel.
func (c *Canvas) Mask(m int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, c.W, c.H))
	for i, v := range c.masks[m] {
		img.Pix[i] = toByte(v)
	}
	return img
}

func toByte(v float64) uint8 { return uint8(float64(Clamp(v)*255) + 0.5) }
