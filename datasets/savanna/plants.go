package savanna

import (
	"otherwise/datasets/internal/paint"
)

// paintPlants paints what grows at the horizon.
func (st *stage) paintPlants() {
	s := st.scene
	if s.Detail == Bare || s.Plants == NoPlants {
		return
	}
	count := 2
	if s.Detail == Rich {
		count = 5
	}
	for i := range count {
		random := func(k int) float64 { return paint.Random(s.LandSeed, i, 40+k) }
		// the first stand apart, so that one is seen beside the animal
		x := float64(Size * (float64(i) + 0.15 + float64(0.7*random(0))) / float64(count))
		foot := vec{X: x, Y: s.Horizon + 3 + float64(7*random(1))}
		size := 0.75 + float64(0.5*random(2))
		switch s.Plants {
		case Acacias:
			st.acacia(foot, size)
		case Pines:
			st.pine(foot, size)
		case Bushes:
			st.bush(foot, size)
		}
	}
}

// leaves is the colour of leaves at a place: green, straw in a dry land, with snow on it in a white one.
func (st *stage) leaves(green uint32) paint.RGB {
	color := paint.Hex(green)
	switch st.scene.Land {
	case Straw, Sand:
		color = color.Mix(paint.Hex(0xa08a3a), 0.4)
	case Snow:
		color = color.Mix(paint.Hex(0xdfe9f0), 0.3)
	}
	return st.light.flat(color)
}

// ball is a shader that lights an ellipse as a ball.
func (st *stage) ball(centre vec, rx, ry float64, color paint.RGB) paint.Shader {
	return func(x, y float64) paint.RGB {
		return color.Scale(1.12 - float64(0.35*paint.Clamp((y-centre.Y+ry)/float64(2*ry))) + float64(0.1*st.light.x*(x-centre.X)/rx))
	}
}

func (st *stage) acacia(foot vec, size float64) {
	trunk := st.light.flat(paint.Hex(0x6b4a32))
	top := foot.Add(vec{Y: -float64(20 * size)})
	st.Fill(new(paint.Path).Stroke([]vec{foot, foot.Toward(top, 0.5).Add(vec{X: 1}), top}, float64(1.5*size), float64(1.1*size), 0.8), paint.Plain(trunk), 1)
	for _, arm := range []float64{-6, 6} {
		st.Fill(new(paint.Path).Stroke([]vec{foot.Toward(top, 0.55), top.Add(vec{X: float64(arm * size), Y: 1})}, 0.9, 0.6), paint.Plain(trunk), 1)
	}
	color := st.leaves(0x4f7a3a)
	for i, x := range []float64{-8, 8, 0} {
		centre := top.Add(vec{X: float64(x * size), Y: float64(size * float64(i-2))})
		rx, ry := float64(8.5*size), float64(3.6*size)
		st.Fill(new(paint.Path).Ellipse(centre, rx, ry, 0), st.ball(centre, rx, ry, color), 1)
	}
}

func (st *stage) pine(foot vec, size float64) {
	st.Fill(new(paint.Path).Stroke([]vec{foot, foot.Add(vec{Y: -float64(6 * size)})}, float64(1.2*size), float64(1.2*size)), paint.Plain(st.light.flat(paint.Hex(0x5a4232))), 1)
	color := st.leaves(0x3f6b4a)
	for i := range 3 {
		y, half := foot.Y-float64(size*float64(4+7*i)), float64(size*(8-float64(1.9*float64(i))))
		tip := vec{X: foot.X, Y: y - float64(10*size)}
		tier := new(paint.Path).Polygon(vec{X: foot.X - half, Y: y}, vec{X: foot.X, Y: y + float64(1.5*size)}, vec{X: foot.X + half, Y: y}, tip)
		st.Fill(tier, func(x, _ float64) paint.RGB {
			return color.Scale(1 + float64(0.2*st.light.x*(x-foot.X)/half))
		}, 1)
	}
}

func (st *stage) bush(foot vec, size float64) {
	color := st.leaves(0x5c8440)
	for i, x := range []float64{-6, 6, 0} {
		r := float64(size * (5 + float64(0.8*float64(i))))
		centre := foot.Add(vec{X: float64(x * size), Y: -float64(size * (3 + float64(i)))})
		st.Fill(new(paint.Path).Ellipse(centre, r, float64(0.85*r), 0), st.ball(centre, r, r, color), 1)
	}
}

// paintProp paints the thing beside the animal: behind it, on the side that it comes from.
func (st *stage) paintProp() {
	s := st.scene
	if s.Detail == Bare {
		return
	}
	random := func(k int) float64 { return paint.Random(s.LandSeed, k, 90) }
	at := vec{X: 64 - float64(st.dir*(34+float64(12*random(0)))), Y: s.Horizon + 14 + float64(10*random(1))}
	switch s.Props {
	case Rock:
		st.rock(at, 0.8+float64(0.5*random(2)))
	case Flowers:
		st.flowers(random)
	case Pond:
		st.pond(vec{X: paint.Mix(24, 104, random(3)), Y: s.Horizon + 9})
	}
}

func (st *stage) rock(at vec, size float64) {
	color := st.light.flat(paint.Hex(0x8f8a86))
	p := func(x, y float64) vec { return at.Add(vec{X: float64(x * size), Y: float64(y * size)}) }
	st.Glow(p(0, 0), float64(14*size), float64(4*size), paint.Hex(0x1d1c2b), 0.4)
	st.Fill(new(paint.Path).Smooth(p(-11, 0), p(-9, -7), p(-2, -11), p(6, -9), p(11, -3), p(10, 0.5)),
		func(x, y float64) paint.RGB {
			return color.Scale(1.15 + float64(0.03*(at.Y-float64(6*size)-y)))
		}, 1)
	st.Fill(new(paint.Path).Smooth(p(-7, -6), p(-2, -9.5), p(3, -8.5), p(-1, -6)), paint.Plain(color.Scale(1.25)), 0.7)
}

// flowers are few and large enough to be learned.
func (st *stage) flowers(random func(int) float64) {
	colors := []uint32{0xf2d23c, 0xffffff, 0xe36a7a, 0xb58be0}
	color := st.light.flat(paint.Hex(colors[int(float64(random(5)*4))]))
	for i := range 7 {
		at := vec{X: float64(Size * (float64(i) + random(10+i)) / 7), Y: paint.Mix(st.scene.Horizon+14, 124, random(20+i))}
		for petal := range 5 {
			turn := float64(petal) / 5
			st.Fill(new(paint.Path).Ellipse(at.Add(vec{X: float64(1.5 * paint.Cos(turn)), Y: float64(1.5 * paint.Sin(turn))}), 1.1, 1.1, 0), paint.Plain(color), 1)
		}
		st.Fill(new(paint.Path).Ellipse(at, 0.9, 0.9, 0), paint.Plain(st.light.flat(paint.Hex(0xc98a1c))), 1)
	}
}

// pond mirrors the sky.
func (st *stage) pond(at vec) {
	l := st.light
	shore := st.light.flat(paint.Hex(lands[st.scene.Land][0])).Scale(0.8)
	st.Fill(new(paint.Path).Ellipse(at, 33, 6.6, 0), paint.Plain(shore), 0.8)
	st.Fill(new(paint.Path).Ellipse(at, 31, 5.6, 0), func(x, y float64) paint.RGB {
		return l.horizon.Mix(l.zenith, paint.Step(at.Y-5, at.Y+5, y)).Scale(0.96)
	}, 1)
	st.Fill(new(paint.Path).Ellipse(at.Add(vec{X: 5, Y: 1}), 14, 0.6, 0), paint.Plain(paint.Hex(0xffffff)), 0.35)
}
