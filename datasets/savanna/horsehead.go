package savanna

import (
	"otherwise/datasets/internal/paint"
)

// onHead takes a point of a horse's head, seen from the side, to the animal: x points to the muzzle, the origin is the
// middle of the cheek.
func (b *body) onHead(x, y float64) vec { return b.head.Add(vec{X: x, Y: y}.Turned(b.nod)) }

// addHorseHead lets the head grow from the neck.
func (st *stage) addHorseHead() {
	b := st.body
	s := b.neck.stripeB
	b.near = append(b.near,
		still(b.onHead(0, 0), b.onHead(9, 0.6), 7, 5.4, s+0.5, s+2, head),
		still(b.onHead(9, 0.6), b.onHead(15.5, 1.4), 5.4, 4.4, s+2, s+3.2, head),
		still(b.onHead(15.5, 1.4), b.onHead(17.5, 2), 4.5, 4.5, s+3.2, s+3.5, muzzle))
}

// hair is the colour of mane and tail, lit.
func (st *stage) hair(share float64) paint.RGB {
	c := st.coat.mark
	if st.scene.Class == Zebra {
		c = st.coat.mark.Mix(st.coat.base, share)
	}
	return st.light.flat(c)
}

// path takes points of the animal to the picture.
func (st *stage) path(points ...vec) []vec {
	out := make([]vec, len(points))
	for i, p := range points {
		out[i] = st.place(p)
	}
	return out
}

// length takes a length of the animal to the picture.
func (st *stage) length(l float64) float64 { return float64(l * st.scene.Scale) }

// paintHorseTail paints a zebra's tufted tail, or a sorrel's of long hair.
func (st *stage) paintHorseTail() {
	st.Mark(maskObject, maskCoat)
	bones := st.body.tail
	points := st.path(bones[0].a, bones[0].b, bones[1].b, bones[2].b)
	if st.scene.Class == Zebra {
		st.paintFlesh(bones[:2], 0.95)
		tuft := new(paint.Path).Stroke(points[2:], st.length(2.2), st.length(3.4), st.length(0.8))
		st.Fill(tuft, paint.Plain(st.hair(0)), 1)
		return
	}
	hair := st.hair(0)
	full := new(paint.Path).Stroke(points, st.length(2.2), st.length(3.6), st.length(4.6), st.length(1.2))
	st.Fill(full, paint.Plain(hair.Scale(0.92)), 1)
	strand := new(paint.Path).Stroke([]vec{points[0], points[1], points[2]}, st.length(0.5), st.length(1.1), st.length(0.4))
	st.Fill(strand, paint.Plain(hair.Scale(1.12)), 0.7)
}

// paintMane paints a zebra's upright mane, striped as the neck is, or a sorrel's that falls to the side.
func (st *stage) paintMane() {
	st.Mark(maskObject, maskCoat)
	crest := st.body.crest
	last := len(crest) - 1
	if st.scene.Class == Sorrel {
		return // falls over the neck: painted with the face
	}
	outward := make([]vec, 0, 2*len(crest))
	for i, p := range crest {
		up := crest[max(0, i-1)].Sub(crest[min(last, i+1)]).Unit().Perp()
		height := 4.5
		if i == last {
			height = 0.5
		}
		outward = append(outward, p.Add(up.Mul(-height)))
	}
	for i := last; i >= 0; i-- {
		outward = append(outward, crest[i])
	}
	neck := []bone{st.body.neck}
	shader := func(x, y float64) paint.RGB {
		f := at(neck, st.local(x, y))
		return st.light.flat(st.coat.mark.Mix(st.coat.base, 1-st.coat.stripes(&f)))
	}
	st.Fill(new(paint.Path).Polygon(st.path(outward...)...), shader, 1)
}

// paintHorseFace paints what stands on the head: ears, mane of the sorrel, eye, nostril, mouth.
func (st *stage) paintHorseFace() {
	b, c, l := st.body, st.coat, st.light
	poly := func(points ...vec) *paint.Path { return new(paint.Path).Smooth(st.path(points...)...) }
	stroke := func(widths []float64, points ...vec) *paint.Path {
		for i := range widths {
			widths[i] = st.length(widths[i])
		}
		return new(paint.Path).Stroke(st.path(points...), widths...)
	}
	st.Mark(maskObject, maskCoat)
	if st.scene.Class == Sorrel {
		fall := make([]vec, 0, 2*len(b.crest))
		fall = append(fall, b.onHead(2, -6.5))
		for _, p := range b.crest {
			fall = append(fall, p.Add(vec{X: -1.4, Y: -1}))
		}
		for i := len(b.crest) - 1; i >= 0; i-- {
			long := 5.5
			if i%2 == 0 {
				long = 7.5
			}
			fall = append(fall, b.crest[i].Add(vec{X: long - 1, Y: 3}))
		}
		st.Fill(poly(fall...), paint.Plain(st.hair(0)), 1)
		// the blaze, along the front of the face
		st.Fill(stroke([]float64{0.8, 1.3, 1}, b.onHead(3, -5.2), b.onHead(9, -3.6), b.onHead(15, -1.8)), paint.Plain(l.flat(paint.Hex(0xf7efe2))), 1)
	}
	far := poly(b.onHead(0.2, -5.8), b.onHead(-0.2, -12.2), b.onHead(3.2, -6.4))
	st.Fill(far, paint.Plain(l.flat(c.base).Scale(0.75)), 1)
	st.Fill(poly(b.onHead(-4.4, -5.2), b.onHead(-4.2, -13.4), b.onHead(-0.4, -6.4)), paint.Plain(l.flat(c.base)), 1)
	st.Fill(poly(b.onHead(-3.6, -6), b.onHead(-3.9, -11.4), b.onHead(-1.6, -6.6)), paint.Plain(l.flat(c.deep)), 0.7)
	if st.scene.Class == Sorrel {
		st.Fill(poly(b.onHead(-1, -7.5), b.onHead(4.5, -5), b.onHead(7, -1.8), b.onHead(3, -3)), paint.Plain(st.hair(0)), 1)
	}
	st.Mark(maskObject)
	eye := st.place(b.onHead(4.6, -2.1))
	if st.scene.Class == Zebra {
		st.Fill(new(paint.Path).Ellipse(eye, st.length(2.9), st.length(2.5), 0), paint.Plain(l.flat(c.base)), 0.9)
	}
	st.Fill(new(paint.Path).Ellipse(eye, st.length(2), st.length(1.9), 0), paint.Plain(paint.Hex(0x17100e)), 1)
	st.Fill(new(paint.Path).Ellipse(eye.Add(vec{X: -0.6, Y: -0.7}), 0.75, 0.75, 0), paint.Plain(paint.Hex(0xffffff)), 0.95)
	st.Fill(new(paint.Path).Ellipse(st.place(b.onHead(18.6, 0.2)), st.length(1), st.length(0.8), 0), paint.Plain(paint.Hex(0x120c0c)), 0.85)
	mouth := []vec{b.onHead(20, 4.6), b.onHead(16.5, 4.6), b.onHead(13.6, 4)}
	if st.scene.Smile {
		mouth = []vec{b.onHead(20.4, 4), b.onHead(16.6, 4.8), b.onHead(12.6, 3.4), b.onHead(11.2, 1.4)}
	}
	line := paint.Hex(0x2a1512)
	if st.scene.Class == Zebra {
		line = paint.Hex(0xb9a9a2)
	}
	st.Fill(stroke([]float64{0.55, 0.6, 0.45}, mouth...), paint.Plain(line), 0.9)
}
