package faces

import (
	"otherwise/datasets/internal/paint"
)

func (e *easel) eyes() {
	s, c := e.shape, e.colors
	look := []float64{0, -1.7, 1.7}[e.Gaze]
	h := s.eyeH
	if e.Smiling { // eyes narrow
		h = float64(0.82 * h)
	}
	e.both(func(side float64) {
		x := float64(side * s.eyeX)
		at := func(dx, dy float64) vec { return vec{X: x + float64(side*dx), Y: dy - float64(side*dx*side*s.tilt*6)} }
		if e.HeavyMakeup {
			e.Fill(e.smooth(at(-s.eyeW, -0.5), at(0, -h-3.6), at(s.eyeW+2.2, -2.6), at(s.eyeW, 0)), paint.Plain(paint.Hex(0x7a4a8a)), 0.75)
		}
		almond := []vec{at(-s.eyeW, 0.6), at(float64(-0.4*s.eyeW), -h), at(float64(0.5*s.eyeW), -h+0.2), at(s.eyeW, -0.4), at(float64(0.4*s.eyeW), h-0.4), at(float64(-0.5*s.eyeW), h-0.3)}
		white := e.smooth(almond...)
		e.Fill(white, paint.Plain(paint.Hex(0xf7f4ef).Scale(0.97)), 1)
		// the iris, hidden by the lids: it is painted through the almond's outline
		iris, pupil := e.to(x+look, -0.2), float64(0.42*h)
		radius := h + 0.1
		e.Fill(white, func(px, py float64) paint.RGB {
			d := vec{X: px, Y: py}.Sub(iris).Len()
			color := paint.Hex(0xf7f4ef).Scale(0.97).Mix(c.iris.Scale(1.05), paint.Clamp(radius-d+0.5))
			color = color.Mix(c.iris.Scale(0.5), float64(0.7*paint.Step(radius-1.2, radius, d)*paint.Clamp(radius-d+0.5)))
			return color.Mix(paint.Hex(0x120d0c), paint.Clamp(pupil-d+0.5))
		}, 1)
		e.Fill(new(paint.Path).Ellipse(iris.Add(vec{X: -0.9, Y: -0.9}), 0.75, 0.75, 0), paint.Plain(paint.Hex(0xffffff)), 0.95)
		lash, width := paint.Hex(0x2a1c18), []float64{0.45, 0.8, 0.7}
		if e.HeavyMakeup {
			lash, width = paint.Hex(0x120c10), []float64{0.6, 1.2, 1.1}
		}
		e.Fill(e.stroke(width, almond[0], almond[1], almond[2], almond[3]), paint.Plain(lash), 0.95)
		if e.HeavyMakeup {
			e.Fill(e.stroke([]float64{0.9, 0.2}, almond[3], at(s.eyeW+2.6, -2.4)), paint.Plain(lash), 0.95)
		}
		e.Fill(e.stroke([]float64{0.2, 0.45, 0.3}, almond[0], almond[5], almond[4], almond[3]), e.ball(c.shade.Scale(0.8)), 0.6)
	})
}

func (e *easel) brows() {
	s := e.shape
	thick := []float64{0.5, 0.9, 0.4}
	if e.BushyEyebrows {
		thick = []float64{1.4, 2, 0.9}
	}
	lift := 0.0
	if e.Smiling {
		lift = -0.7
	}
	color := e.colors.hair.Mix(paint.Hex(0x2a1c16), 0.45)
	e.both(func(side float64) {
		at := func(x, y float64) vec { return vec{X: float64(side * x), Y: y + lift} }
		e.Fill(e.stroke(append([]float64(nil), thick...), at(s.eyeX-s.eyeW-0.6, s.browY+1.6), at(s.eyeX, s.browY-0.6), at(s.eyeX+s.eyeW+2, s.browY+1.6)), e.ball(color), 0.95)
	})
}

func (e *easel) glasses() {
	if !e.Eyeglasses {
		return
	}
	s, frame := e.shape, paint.Plain(paint.Hex(0x1f2228))
	r := s.eyeW + 3.4
	ring := func(x, rx, ry float64) []vec {
		var points []vec
		for i := range 25 {
			at := float64(i) / 24
			points = append(points, vec{X: x + float64(rx*paint.Cos(at)), Y: 0.8 + float64(ry*paint.Sin(at))})
		}
		return points
	}
	e.both(func(side float64) {
		x := float64(side * (s.eyeX + 0.4))
		e.Fill(e.ellipse(x, 0.8, r, r-1.4, 0), paint.Plain(paint.Hex(0xe8f2fa)), 0.16)
		e.Fill(e.stroke([]float64{0.95, 0.95}, ring(x, r, r-1.4)...), frame, 1)
		e.Fill(e.stroke([]float64{0.9, 0.7}, vec{X: x + float64(side*r), Y: -0.6}, vec{X: float64(side * (s.half + 1.5)), Y: -1}), frame, 1)
		e.Fill(e.stroke([]float64{0.5, 0.3}, vec{X: x - 4, Y: -2.4}, vec{X: x - 1.4, Y: -4}), paint.Plain(paint.Hex(0xffffff)), 0.7)
	})
	bridge := s.eyeX + 0.4 - r
	e.Fill(e.stroke([]float64{0.9, 0.9}, vec{X: -bridge, Y: -0.8}, vec{X: 0, Y: -2}, vec{X: bridge, Y: -0.8}), frame, 1)
}
