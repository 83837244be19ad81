package faces

import (
	"otherwise/datasets/internal/paint"
)

// strands shades hair: a colour with soft strands along the way they fall, darker below.
func (e *easel) strands(color paint.RGB) paint.Shader {
	s := e.shape
	return func(x, y float64) paint.RGB {
		p := e.from(x, y)
		n := paint.Noise(e.Identity.Seed, p.X/1.7, p.Y/16)
		gleam := paint.Step(7, 0, vec{X: (p.X - float64([]float64{0, -9, 9}[e.Lighting])) / 2.4, Y: p.Y + 24}.Len())
		return color.Scale(float64(e.lit(float64(0.8*p.X)/s.half, float64(0.55*(p.Y-2))/s.chin) * (0.9 + float64(0.26*n) + float64(0.22*gleam))))
	}
}

// hairBehind paints long hair behind neck and shoulders.
func (e *easel) hairBehind() {
	if !e.LongHair {
		return
	}
	s := e.shape
	wave := float64(3 * e.Identity.Wave)
	e.Fill(e.smooth(mirror(vec{X: 0, Y: -39}, vec{X: 20, Y: -34}, vec{X: s.half + 7, Y: -10}, vec{X: s.half + 9 + wave, Y: 14}, vec{X: s.half + 7 - wave, Y: 34},
		vec{X: s.half + 9, Y: 54}, vec{X: 17, Y: 60}, vec{X: 0, Y: 50})...), e.strands(e.colors.hair.Scale(0.86)), 1)
}

// hair paints what lies on the head: the hairline is somebody's own, bangs cover the forehead.
func (e *easel) hair() {
	s := e.shape
	line := paint.Mix(-17.5, -21.5, e.Identity.Hairline)
	side := 2.0 // how far down it goes before the ears
	if e.LongHair {
		side = 30
	}
	outer := s.half + 4
	right := []vec{{X: 0, Y: -39}, {X: 16, Y: -35.5}, {X: outer - 2, Y: -22}, {X: outer + 0.6, Y: -4}, {X: outer, Y: side}}
	inner := []vec{{X: s.half - 1.6, Y: side - 2}, {X: s.half - 1.4, Y: -4}, {X: s.half - 5.5, Y: -13}, {X: 10, Y: line + 0.5}}
	part := float64(5 * (e.Identity.Wave - 0.5))
	points := append([]vec(nil), right...)
	points = append(points, inner...)
	points = append(points, vec{X: part, Y: line - 2.4})
	for i := len(inner) - 1; i >= 0; i-- {
		points = append(points, vec{X: -inner[i].X, Y: inner[i].Y})
	}
	for i := len(right) - 1; i > 0; i-- {
		points = append(points, vec{X: -right[i].X, Y: right[i].Y})
	}
	e.Fill(e.smooth(points...), e.strands(e.colors.hair), 1)
	if e.Bangs {
		e.Fill(e.smooth(vec{X: -s.half + 2, Y: -13}, vec{X: -14, Y: -26}, vec{X: 0, Y: -30}, vec{X: 14, Y: -26}, vec{X: s.half - 2, Y: -13},
			vec{X: 17, Y: -11.5}, vec{X: 12, Y: -13.5}, vec{X: 6, Y: -11}, vec{X: 0, Y: -13.2}, vec{X: -6, Y: -11}, vec{X: -12, Y: -13.5}, vec{X: -17, Y: -11.5}), e.strands(e.colors.hair.Scale(0.96)), 1)
	}
}

// stubble shades a beard: short hairs.
func (e *easel) stubble(color paint.RGB) paint.Shader {
	lit := e.ball(color)
	return func(x, y float64) paint.RGB {
		p := e.from(x, y)
		return lit(x, y).Scale(0.86 + float64(0.34*paint.Noise(e.Identity.Seed+1, p.X/1.5, p.Y/2.4)))
	}
}

func (e *easel) beard() {
	if !e.Beard {
		return
	}
	s := e.shape
	e.Fill(e.smooth(mirror(vec{X: 0, Y: s.mouthY + 4.2}, vec{X: s.mouthW - 2, Y: s.mouthY + 4}, vec{X: s.mouthW + 3.4, Y: s.mouthY - 2}, vec{X: s.half - 4.5, Y: 12},
		vec{X: s.half - 0.8, Y: 6}, vec{X: s.jaw + 3.4, Y: float64(0.68 * s.chin)}, vec{X: float64(0.55 * s.jaw), Y: s.chin + 1.4}, vec{X: 0, Y: s.chin + 4})...),
		e.stubble(e.colors.hair.Scale(0.92)), 0.96)
}

func (e *easel) mustache() {
	if !e.Mustache {
		return
	}
	s := e.shape
	y := s.mouthY - s.lip - 0.6
	if e.Smiling {
		y -= 1.4
	}
	e.Fill(e.smooth(mirror(vec{X: 0, Y: s.noseY + 2.2}, vec{X: 5, Y: s.noseY + 2.4}, vec{X: s.mouthW + 2.6, Y: y + 1.6}, vec{X: 5.5, Y: y + 0.9}, vec{X: 0, Y: y - 0.3})...),
		e.stubble(e.colors.hair.Scale(0.82)), 0.97)
}
