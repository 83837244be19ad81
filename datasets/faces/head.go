package faces

import (
	"otherwise/datasets/internal/paint"
)

func (e *easel) backdrop() {
	c := paint.Hex([]uint32{0x5b8f96, 0xd9c29a, 0x86688f, 0x9fc0dc}[e.Background])
	e.Mark()
	e.Cover(func(x, y float64) paint.RGB {
		away := vec{X: (x - 64) / 90, Y: (y - 50) / 90}.Len()
		return c.Scale(1.14 - float64(0.4*paint.Step(0.1, 1, away)))
	})
}

// shoulders paints neck and clothes.
func (e *easel) shoulders() {
	s, c := e.shape, e.colors
	neck := float64(0.62 * s.half)
	e.Fill(e.smooth(mirror(vec{X: 0, Y: 20}, vec{X: neck, Y: 20}, vec{X: neck - 1, Y: 42}, vec{X: neck + 8, Y: 52}, vec{X: 0, Y: 60})...),
		e.ball(c.shade.Mix(c.skin, 0.45)), 1)
	cloth := e.smooth(mirror(vec{X: 0, Y: 57}, vec{X: neck - 1, Y: 49}, vec{X: 38, Y: 55}, vec{X: 52, Y: 68}, vec{X: 56, Y: 90}, vec{X: 0, Y: 96})...)
	e.Fill(cloth, e.ball(c.cloth.Scale(1.5)), 1)
	e.Fill(e.stroke([]float64{1, 1.4, 1}, vec{X: -neck + 1, Y: 49}, vec{X: 0, Y: 57.5}, vec{X: neck - 1, Y: 49}), paint.Plain(c.cloth.Scale(0.7)), 0.9)
}

func (e *easel) ears() {
	s, c := e.shape, e.colors
	e.both(func(side float64) {
		x := float64(side * (s.half + 0.4))
		e.Fill(e.ellipse(x, 3, 3.6, s.ear, float64(side*0.03)), e.ball(c.skin.Scale(0.97)), 1)
		e.Fill(e.ellipse(x+float64(0.5*side), 3, 1.7, s.ear-2.6, float64(side*0.03)), e.ball(c.shade), 0.55)
	})
}

// outline is that of the face.
func (e *easel) outline() *paint.Path {
	s := e.shape
	return e.smooth(mirror(vec{X: 0, Y: s.top}, vec{X: float64(0.72 * s.half), Y: s.top + 5}, vec{X: s.half, Y: -7}, vec{X: s.half - 0.6, Y: 8},
		vec{X: s.jaw + 2.4, Y: float64(0.66 * s.chin)}, vec{X: float64(0.5 * s.jaw), Y: s.chin - 2.2}, vec{X: 0, Y: s.chin})...)
}

func (e *easel) face() {
	s, c := e.shape, e.colors
	e.Fill(e.outline(), func(x, y float64) paint.RGB {
		p := e.from(x, y)
		lit := e.lit(float64(0.9*p.X)/s.half, float64(0.75*(p.Y-4))/s.chin)
		// sockets of the eyes, and below the lip
		socket := 0.0
		for _, side := range []float64{-1, 1} {
			d := vec{X: (p.X - float64(side*s.eyeX)) / 9.5, Y: (p.Y + 1.5) / 6.5}.Len()
			socket = max(socket, paint.Step(1, 0.3, d))
		}
		d := vec{X: p.X / 6.5, Y: (p.Y - s.mouthY - 5.5) / 2.2}.Len()
		dark := float64(0.2*socket) + float64(0.16*paint.Step(1, 0.2, d))
		return c.skin.Mix(c.shade, dark).Scale(lit)
	}, 1)
}

// age paints what the years leave: lines on the forehead, around the eyes, beside nose and mouth.
func (e *easel) age() {
	if e.Young {
		return
	}
	s, line := e.shape, e.ball(e.colors.shade.Scale(0.82))
	for i := range 3 {
		y, w := -13-float64(3.6*float64(i)), float64(13-2*i)
		e.Fill(e.stroke([]float64{0.15, 0.55, 0.15}, vec{X: -w, Y: y + 0.8}, vec{X: 0, Y: y - 0.4}, vec{X: w, Y: y + 0.8}), line, 0.75)
	}
	e.both(func(side float64) {
		at := func(x, y float64) vec { return vec{X: float64(side * x), Y: y} }
		x := s.eyeX + s.eyeW
		for i := range 3 {
			dy := float64(2.2 * float64(i-1))
			e.Fill(e.stroke([]float64{0.5, 0.1}, at(x+1, float64(0.4*dy)), at(x+5, dy)), line, 0.75)
		}
		e.Fill(e.stroke([]float64{0.15, 0.6, 0.2}, at(s.eyeX-5, 5.6), at(s.eyeX, 7.2), at(s.eyeX+5, 5.6)), line, 0.65)
		e.Fill(e.stroke([]float64{0.3, 0.8, 0.4}, at(s.noseW+1.6, s.noseY-1.5), at(s.mouthW+1.4, s.mouthY-3.5), at(s.mouthW+2.2, s.mouthY+3)), line, 0.8)
	})
}

func (e *easel) cheeks() {
	s := e.shape
	e.both(func(side float64) {
		at := e.to(float64(side*(s.eyeX+3.5)), 11.5)
		if e.RosyCheeks {
			e.Glow(at, 8.5, 7, paint.Hex(0xe8525c), 0.55)
		}
		if e.HeavyMakeup {
			e.Glow(e.to(float64(side*(s.eyeX+6)), 8.5), 7, 4.5, paint.Hex(0xc7487a), 0.45)
		}
		if e.Smiling { // cheeks rise
			e.Glow(at.Add(vec{Y: -1.5}), 6.5, 5, paint.Hex(0xffffff), 0.1)
		}
	})
}

func (e *easel) nose() {
	s, shade := e.shape, e.ball(e.colors.shade)
	side := 1.0
	if e.Lighting == 2 {
		side = -1
	}
	e.Fill(e.stroke([]float64{0.4, 1.1, 1.3}, vec{X: float64(side * 2.4), Y: -2}, vec{X: float64(side * 2.6), Y: float64(0.5 * s.noseY)},
		vec{X: float64(side * (s.noseW - 1)), Y: s.noseY - 1.2}), shade, 0.45)
	e.Fill(e.stroke([]float64{0.5, 1, 0.5}, vec{X: -s.noseW, Y: s.noseY - 1.2}, vec{X: 0, Y: s.noseY + 1.5}, vec{X: s.noseW, Y: s.noseY - 1.2}), shade, 0.7)
	e.both(func(side float64) {
		e.Fill(e.ellipse(float64(side*s.noseW*0.5), s.noseY, 1.15, 0.75, 0), paint.Plain(e.colors.shade.Scale(0.5)), 0.8)
	})
	e.Glow(e.to(0, s.noseY-3.4), 2.6, 2.6, paint.Hex(0xffffff), 0.3)
}

func (e *easel) mouth() {
	s, c := e.shape, e.colors
	w, y, lip := s.mouthW, s.mouthY, s.lip
	if !e.Young {
		lip -= 0.4
	}
	line := e.ball(c.lips.Scale(0.5))
	if !e.Smiling {
		e.Fill(e.smooth(vec{X: -w, Y: y}, vec{X: float64(-0.3 * w), Y: y - lip}, vec{X: 0, Y: y - float64(0.7*lip)}, vec{X: float64(0.3 * w), Y: y - lip}, vec{X: w, Y: y},
			vec{X: float64(0.45 * w), Y: y + float64(1.2*lip)}, vec{X: 0, Y: y + float64(1.5*lip)}, vec{X: float64(-0.45 * w), Y: y + float64(1.2*lip)}), e.ball(c.lips), 1)
		e.Fill(e.stroke([]float64{0.4, 0.65, 0.4}, vec{X: -w, Y: y + 0.3}, vec{X: 0, Y: y + 0.1}, vec{X: w, Y: y + 0.3}), line, 0.9)
		return
	}
	w += 2.6
	open := 4.4
	e.Fill(e.smooth(vec{X: -w, Y: y - 2.6}, vec{X: float64(-0.5 * w), Y: y - 1.6 - float64(0.6*lip)}, vec{X: 0, Y: y - 0.9 - float64(0.5*lip)}, vec{X: float64(0.5 * w), Y: y - 1.6 - float64(0.6*lip)},
		vec{X: w, Y: y - 2.6}, vec{X: float64(0.62 * w), Y: y + 2.6 + float64(0.5*lip)}, vec{X: 0, Y: y + open + lip}, vec{X: float64(-0.62 * w), Y: y + 2.6 + float64(0.5*lip)}), e.ball(c.lips), 1)
	inner := e.smooth(vec{X: -w + 1.6, Y: y - 1.9}, vec{X: 0, Y: y - 0.4}, vec{X: w - 1.6, Y: y - 1.9}, vec{X: float64(0.55 * w), Y: y + 2.2}, vec{X: 0, Y: y + open - 0.2}, vec{X: float64(-0.55 * w), Y: y + 2.2})
	e.Fill(inner, func(px, py float64) paint.RGB {
		// teeth above, the dark of the mouth below
		p := e.from(px, py)
		low := paint.Step(y+1.4, y+2.6, p.Y+float64(0.02*p.X*p.X))
		return paint.Hex(0xfbf7f0).Mix(paint.Hex(0x6a2730), low)
	}, 1)
	e.both(func(side float64) { // the corners go up
		at := func(x, y float64) vec { return vec{X: float64(side * x), Y: y} }
		e.Fill(e.stroke([]float64{0.6, 0.3}, at(w-0.5, y-2.3), at(w+1.6, y-4)), line, 0.8)
		e.Fill(e.stroke([]float64{0.2, 0.7, 0.2}, at(s.noseW+2.6, s.noseY+0.4), at(w+2.4, y-4.4), at(w+2.8, y)), e.ball(c.shade), 0.6)
	})
}
