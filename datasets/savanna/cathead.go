package savanna

import (
	"math"

	"otherwise/datasets/internal/paint"
)

// face is the shape of a cat's head, in units of the animal; y points down.
type face struct {
	rx, ry           float64 // of the skull
	cheek            float64 // how far cheeks stand out
	earX, earY, earW float64 // the ear's tip, and how wide it is
	round            bool    // ears
	eyeX, eyeY       float64
	eyeR             float64
	muzzleY, muzzleR float64
}

func faceOf(c Class) face {
	switch c {
	case Cheetah, Cougar:
		return face{rx: 12.6, ry: 11.6, cheek: 0.4, earX: 10.2, earY: -11.6, earW: 4.4, round: true,
			eyeX: 5.2, eyeY: -1.8, eyeR: 2.4, muzzleY: 5.4, muzzleR: 5}
	case PersianCat:
		return face{rx: 16.2, ry: 13.6, cheek: 2.2, earX: 12, earY: -15.4, earW: 4.6,
			eyeX: 6.2, eyeY: -0.4, eyeR: 3.5, muzzleY: 4.8, muzzleR: 4.8}
	default:
		return face{rx: 13.4, ry: 11.8, cheek: 0.7, earX: 11, earY: -18.6, earW: 5.4,
			eyeX: 5.7, eyeY: -1, eyeR: 3.1, muzzleY: 4.9, muzzleR: 4.4}
	}
}

// paintCatHead paints the head, turned to the viewer: ears, skull, marks, muzzle, eyes, nose, mouth, whiskers.
func (st *stage) paintCatHead() {
	h := &catHead{stage: st, face: faceOf(st.scene.Class)}
	st.Mark(maskObject, maskCoat)
	h.ears()
	h.skull()
	h.marks()
	st.Mark(maskObject)
	h.eyes()
	h.mouth()
	h.whiskers()
}

type catHead struct {
	*stage
	face face
}

// turn is how far the features are shifted to where the animal goes.
const turn = 1.3

// to takes a point of the head, with the features' shift, to the picture.
func (h *catHead) to(x, y float64) vec { return h.place(h.body.head.Add(vec{X: x + turn, Y: y})) }

// rim takes a point of the outline to the picture.
func (h *catHead) rim(x, y float64) vec { return h.place(h.body.head.Add(vec{X: x, Y: y})) }

func (h *catHead) ears() {
	f, c, l := h.face, h.coat, h.light
	for _, side := range []float64{-1, 1} {
		tip := vec{X: float64(side * f.earX), Y: f.earY}
		outer, inner := vec{X: float64(side * (f.rx - 0.6)), Y: -3}, vec{X: float64(side * (f.earX - f.earW - 2)), Y: -f.ry + 0.5}
		ear, hollow := new(paint.Path), new(paint.Path)
		at := func(share float64, v vec) vec {
			base := outer.Toward(inner, 0.5)
			v = base.Toward(v, share)
			return h.rim(v.X, v.Y)
		}
		back := c.base
		if f.round {
			centre := h.rim(float64(side*(f.earX-0.8)), f.earY+2.4)
			ear.Ellipse(centre, h.length(f.earW), h.length(f.earW), 0)
			hollow.Ellipse(centre.Add(vec{X: 0, Y: 0.6}), h.length(f.earW-1.6), h.length(f.earW-1.6), 0)
			back = c.mark.Mix(c.base, 0.35)
		} else {
			ear.Polygon(paint.Curve(at(1, outer), at(1, outer.Toward(tip, 0.6).Add(vec{X: float64(side * 0.6)})), at(1, tip),
				at(1, inner.Toward(tip, 0.55)), at(1, inner))...)
			hollow.Polygon(at(0.66, outer), at(0.72, tip), at(0.66, inner))
		}
		h.Fill(ear, paint.Plain(l.flat(back)), 1)
		hue := paint.Hex(0xe8a99a)
		if f.round {
			hue = c.pale
		}
		h.Fill(hollow, paint.Plain(l.flat(hue.Mix(c.base, 0.25))), 1)
	}
}

// skull fills the head's outline, shaded as a ball.
func (h *catHead) skull() {
	f := h.face
	const points = 40
	outline := make([]vec, points)
	for i := range outline {
		at := float64(i) / points
		s, c := paint.Sin(at), paint.Cos(at)
		cheek := float64(f.cheek * paint.Step(0, 0.7, s) * paint.Step(0.1, 0.8, math.Abs(c)))
		r := 1.0
		if h.coat.fluff > 0 {
			r += float64(0.1 * (paint.Random(h.coat.seed, i, 9) - 0.35) * paint.Step(-0.9, 0.2, s))
		}
		outline[i] = h.rim(float64(r*c*(f.rx+cheek)), float64(r*s*(f.ry+cheek)))
	}
	h.Fill(new(paint.Path).Smooth(outline...), h.fur, 1)
}

// fur is the head's colour at a pixel: base, pale below, the class's fine marks.
func (h *catHead) fur(x, y float64) paint.RGB {
	f, c := h.face, h.coat
	p := h.local(x, y).Sub(h.body.head)
	n := vec{X: p.X / f.rx, Y: p.Y / f.ry}
	q := vec{X: p.X - turn, Y: p.Y}
	// pale: chin and cheeks below the eyes, and a little above each eye
	pale := paint.Step(1.5, 7.5, p.Y-float64(0.25*math.Abs(q.X)))
	brow := vec{X: (math.Abs(q.X) - f.eyeX) / 3, Y: (q.Y - f.eyeY + 3.2) / 1.6}
	pale = max(pale, float64(0.6*paint.Step(1.2, 0.4, brow.Len())))
	color := c.base.Mix(c.pale, float64(0.9*pale))
	switch c.class {
	case Cheetah:
		d, id := paint.Spot(c.seed+5, p.X/3.7, p.Y/3.7)
		mark := c.edge(float64((0.2 + float64(0.1*id) - d) * 3.7))
		color = color.Mix(c.mark, float64(0.9*mark*paint.Step(-1, -4.5, q.Y-float64(0.2*math.Abs(q.X)))))
	case PersianCat:
		locks := paint.Noise(c.seed+3, p.X/2.2, p.Y/4)
		color = color.Mix(c.mark, float64(0.5*paint.Step(0.55, 0.95, locks)))
	}
	return h.light.on(color, float64(0.8*n.X*h.dir), float64(0.8*n.Y))
}

// stroke is a line on the face with a half width that tapers.
func (h *catHead) stroke(widths []float64, points ...vec) *paint.Path {
	scaled := make([]float64, len(widths))
	for i, w := range widths {
		scaled[i] = h.length(w)
	}
	at := make([]vec, len(points))
	for i, p := range points {
		at[i] = h.to(p.X, p.Y)
	}
	return new(paint.Path).Stroke(at, scaled...)
}

// marks are the lines that tell who it is.
func (h *catHead) marks() {
	f, mark := h.face, paint.Plain(h.light.flat(h.coat.mark))
	for _, side := range []float64{-1, 1} {
		p := func(x, y float64) vec { return vec{X: float64(side * x), Y: y} }
		switch h.coat.class {
		case Cheetah: // the tear lines, from the inner corner of the eye to that of the mouth
			h.Fill(h.stroke([]float64{0.7, 1.05, 1.1, 0.7}, p(f.eyeX-1.6, f.eyeY+1), p(3.1, 2.4), p(3.9, 5), p(4.9, 7.6)), mark, 0.95)
		case Cougar: // dark sides of the muzzle
			h.Fill(h.stroke([]float64{0.8, 1.2, 0.6}, p(2.6, 2.6), p(4.2, 4), p(4.6, 6.4)), mark, 0.6)
		case EgyptianCat: // the M of the forehead, and bars on the cheeks
			h.Fill(h.stroke([]float64{0.9, 0.75, 0.5}, p(5.8, -4.8), p(4.4, -7.4), p(4.2, -9.6)), mark, 0.9)
			h.Fill(h.stroke([]float64{0.8, 0.8, 0.5}, p(2.2, -4.6), p(1.6, -7.4), p(1.5, -9.8)), mark, 0.9)
			h.Fill(h.stroke([]float64{0.8, 0.75, 0.4}, p(f.eyeX+3, f.eyeY+0.4), p(9.6, 1), p(11.6, 0.4)), mark, 0.9)
			h.Fill(h.stroke([]float64{0.7, 0.7, 0.4}, p(7.6, 4.6), p(9.2, 5), p(10.4, 4.6)), mark, 0.8)
		}
	}
	centre := h.to(0, f.muzzleY)
	for _, side := range []float64{-1, 1} {
		pad := centre.Add(vec{X: h.length(float64(side * 2.2)), Y: h.length(0.6)})
		h.Fill(new(paint.Path).Ellipse(pad, h.length(f.muzzleR-1.2), h.length(f.muzzleR-1.7), 0), paint.Plain(h.light.flat(h.coat.pale)), 0.9)
	}
}

func (h *catHead) eyes() {
	f, c := h.face, h.coat
	slit := 0.42
	if c.class == PersianCat || f.round {
		slit = 0.55
	}
	for _, side := range []float64{-1, 1} {
		centre := h.to(float64(side*f.eyeX), f.eyeY)
		tilt := float64(-side * h.dir * 0.03)
		r := h.length(f.eyeR)
		h.Fill(new(paint.Path).Ellipse(centre, float64(1.3*r), float64(1.12*r), tilt), paint.Plain(paint.Hex(0x1c1412)), 0.92)
		h.Fill(new(paint.Path).Ellipse(centre, float64(1.02*r), float64(0.9*r), tilt), paint.Plain(h.light.flat(c.iris).Mix(c.iris, 0.6)), 1)
		h.Fill(new(paint.Path).Ellipse(centre, float64(slit*r), float64(0.8*r), 0), paint.Plain(paint.Hex(0x100c0c)), 1)
		h.Fill(new(paint.Path).Ellipse(centre.Add(vec{X: -float64(0.35 * r), Y: -float64(0.4 * r)}), float64(0.3*r)+0.15, float64(0.3*r)+0.15, 0), paint.Plain(paint.Hex(0xffffff)), 0.95)
	}
}

func (h *catHead) mouth() {
	f, y := h.face, h.face.muzzleY
	nose := h.light.flat(h.coat.deep)
	h.Fill(new(paint.Path).Smooth(h.to(-2, y-2.4), h.to(0, y-2.8), h.to(2, y-2.4), h.to(0, y-0.4)), paint.Plain(nose), 1)
	line := paint.Plain(paint.Hex(0x33201d))
	h.Fill(h.stroke([]float64{0.4, 0.4}, vec{Y: y - 0.6}, vec{Y: y + 1.2}), line, 0.9)
	for _, side := range []float64{-1, 1} {
		p := func(x, y float64) vec { return vec{X: float64(side * x), Y: y} }
		if h.scene.Smile {
			h.Fill(h.stroke([]float64{0.5, 0.6, 0.5, 0.35}, p(0, y+1), p(1.8, y+2.7), p(f.muzzleR, y+1.8), p(f.muzzleR+1.6, y-0.6)), line, 0.95)
		} else {
			h.Fill(h.stroke([]float64{0.45, 0.45, 0.3}, p(0, y+1.2), p(1.3, y+2), p(2.6, y+2)), line, 0.8)
		}
	}
}

func (h *catHead) whiskers() {
	y := h.face.muzzleY
	white := paint.Plain(paint.Hex(0xffffff))
	for _, side := range []float64{-1, 1} {
		for i := range 2 {
			dy := float64(i * 2)
			h.Fill(h.stroke([]float64{0.3, 0.2}, vec{X: float64(side * 4), Y: y + dy - 0.6}, vec{X: float64(side * 9), Y: y + float64(1.6*dy) - 1.6},
				vec{X: float64(side * 13.6), Y: y + float64(2*dy) - 1.4}), white, 0.6)
		}
	}
}
