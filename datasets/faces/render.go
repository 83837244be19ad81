package faces

import (
	"image"
	"math"

	"otherwise/datasets/internal/paint"
)

type vec = paint.Vec

// Rendering is a picture with the mask of the person.
type Rendering struct {
	Image *image.NRGBA
	// Person is how much of each pixel the person covers, with clothes, hat and glasses, 0 to 255.
	Person *image.Gray
}

// Render paints the portrait: the same portrait gives the same bytes everywhere.
func (p Portrait) Render() Rendering {
	e := &easel{Canvas: paint.NewCanvas(Size, Size, 1), Portrait: p, shape: shapeOf(p.Identity), colors: colorsOf(p)}
	e.backdrop()
	e.Mark(0)
	e.hairBehind()
	e.shoulders()
	e.ears()
	e.face()
	e.age()
	e.cheeks()
	e.beard()
	e.nose()
	e.mouth()
	e.mustache()
	e.eyes()
	e.brows()
	e.hair()
	e.glasses()
	e.hat()
	e.earrings()
	return Rendering{Image: e.Image(), Person: e.Canvas.Mask(0)}
}

// easel is a portrait being painted.
type easel struct {
	*paint.Canvas
	Portrait
	shape  shape
	colors colors
}

// shape is an identity in pixels; the origin is the middle between the eyes, y points down.
type shape struct {
	half, jaw           float64 // half widths of face and jaw
	top, chin           float64 // of the face, from the eyes
	eyeX, eyeW, eyeH    float64
	tilt                float64
	browY               float64
	noseY, noseW        float64
	mouthY, mouthW, lip float64
	ear                 float64
}

func shapeOf(i Identity) shape {
	s := shape{half: paint.Mix(25, 29, i.Width), top: -27, chin: paint.Mix(35, 40, i.Length)}
	s.jaw = float64(s.half * paint.Mix(0.6, 0.78, i.Jaw))
	s.eyeX, s.eyeW = paint.Mix(10.6, 12.6, i.EyeDistance), paint.Mix(4.8, 6, i.EyeSize)
	s.eyeH, s.tilt = float64(s.eyeW*0.6), paint.Mix(-0.02, 0.03, i.EyeTilt)
	s.browY = paint.Mix(-7.5, -9.5, i.BrowHeight)
	s.noseY, s.noseW = paint.Mix(11.5, 14, i.NoseLength), paint.Mix(3.8, 5.6, i.NoseSize)
	s.mouthY, s.mouthW, s.lip = s.noseY+paint.Mix(8.5, 10, i.Length), paint.Mix(8, 10.5, i.MouthWidth), paint.Mix(1.4, 2.5, i.Lips)
	s.ear = paint.Mix(5.5, 7.5, i.Ears)
	return s
}

// colors of a portrait, unlit.
type colors struct{ skin, shade, lips, hair, iris, cloth paint.RGB }

// pick mixes along a row of colours.
func pick(t float64, row ...uint32) paint.RGB {
	at := float64(t * float64(len(row)-1))
	i := min(int(at), len(row)-2)
	return paint.Hex(row[i]).Mix(paint.Hex(row[i+1]), at-float64(i))
}

func colorsOf(p Portrait) colors {
	i := p.Identity
	c := colors{skin: pick(i.Skin, 0xf8d9c2, 0xeec09a, 0xc98d62, 0x8a5636), iris: pick(i.Eyes, 0x4a78a8, 0x5c8a5a, 0x7a5a34, 0x4a2f1c),
		cloth: pick(i.Clothes, 0x37517a, 0x7a3f4a, 0x3f6b5c, 0xb08a4a, 0x5a4a78)}
	c.hair = paint.Hex([]uint32{0x231d1e, 0x5f3d25, 0xd8b066, 0x9a4422}[p.HairColor])
	if !p.Young {
		c.hair = c.hair.Mix(paint.Hex(0xc9c7c4), 0.55)
		c.skin = c.skin.Mix(paint.Hex(0xcdb5a4), 0.16)
	}
	c.shade = c.skin.Filter(paint.RGB{R: 0.72, G: 0.6, B: 0.58})
	c.lips = c.skin.Mix(paint.Hex(0xb5545a), 0.42)
	if p.WearingLipstick {
		c.lips = paint.Hex(0xc01f3c)
	}
	return c
}

// to takes a point of the head to the picture.
func (e *easel) to(x, y float64) vec {
	return vec{X: 64 + e.X, Y: 60 + e.Y}.Add(vec{X: x, Y: y}.Turned(e.Tilt))
}

// from takes a point of the picture to the head.
func (e *easel) from(x, y float64) vec {
	return vec{X: x - 64 - e.X, Y: y - 60 - e.Y}.Turned(-e.Tilt)
}

// at takes points of the head to the picture.
func (e *easel) at(points ...vec) []vec {
	out := make([]vec, len(points))
	for i, p := range points {
		out[i] = e.to(p.X, p.Y)
	}
	return out
}

func (e *easel) smooth(points ...vec) *paint.Path { return new(paint.Path).Smooth(e.at(points...)...) }

func (e *easel) stroke(widths []float64, points ...vec) *paint.Path {
	return new(paint.Path).Stroke(e.at(points...), widths...)
}

func (e *easel) ellipse(x, y, rx, ry, turns float64) *paint.Path {
	return new(paint.Path).Ellipse(e.to(x, y), rx, ry, e.Tilt+turns)
}

// both paints for each side: -1 is left in the picture.
func (e *easel) both(f func(side float64)) {
	f(-1)
	f(1)
}

// lit is how bright a place of the head is, with the surface's normal (nx, ny).
func (e *easel) lit(nx, ny float64) float64 {
	flat := float64(nx*nx) + float64(ny*ny)
	if flat > 1 {
		n := math.Sqrt(flat)
		nx, ny, flat = nx/n, ny/n, 1
	}
	lx := []float64{0.1, -0.65, 0.65}[e.Lighting]
	facing := float64(nx*lx) - float64(0.4*ny) + float64(0.75*math.Sqrt(1-flat))
	return 0.56 + float64(0.58*max(0, facing))
}

// ball lights a colour as if the head were one.
func (e *easel) ball(color paint.RGB) paint.Shader {
	s := e.shape
	return func(x, y float64) paint.RGB {
		p := e.from(x, y)
		return color.Scale(e.lit(float64(0.85*p.X)/s.half, float64(0.7*(p.Y-4))/s.chin))
	}
}

// mirror adds the mirrored points, from the last to the first, to those of the right side: an outline.
func mirror(right ...vec) []vec {
	out := append([]vec(nil), right...)
	for i := len(right) - 1; i >= 0; i-- {
		if right[i].X != 0 {
			out = append(out, vec{X: -right[i].X, Y: right[i].Y})
		}
	}
	return out
}
