package faces

import (
	"otherwise/datasets/internal/paint"
)

// hat paints a brimmed hat in the colour opposite to the clothes.
func (e *easel) hat() {
	if !e.WearingHat {
		return
	}
	s := e.shape
	felt := pick(1-e.Identity.Clothes, 0x6b4a33, 0x4a4e5a, 0x7a2f35, 0x3d5a4a)
	e.Fill(e.smooth(vec{X: -s.half - 1, Y: -19}, vec{X: -s.half + 1, Y: -36}, vec{X: -13, Y: -47}, vec{X: 0, Y: -45.5}, vec{X: 13, Y: -47}, vec{X: s.half - 1, Y: -36}, vec{X: s.half + 1, Y: -19},
		vec{X: 0, Y: -16}), e.felt(felt), 1)
	e.Fill(e.smooth(vec{X: -s.half - 1, Y: -20}, vec{X: -s.half - 0.4, Y: -26}, vec{X: 0, Y: -23}, vec{X: s.half + 0.4, Y: -26}, vec{X: s.half + 1, Y: -20}, vec{X: 0, Y: -17}), paint.Plain(felt.Scale(0.5)), 1)
	e.Fill(e.smooth(vec{X: -s.half - 15, Y: -18}, vec{X: -s.half, Y: -22}, vec{X: 0, Y: -19.5}, vec{X: s.half, Y: -22}, vec{X: s.half + 15, Y: -18}, vec{X: s.half, Y: -14.5}, vec{X: 0, Y: -13}, vec{X: -s.half, Y: -14.5}),
		e.felt(felt.Scale(0.92)), 1)
	e.Shade(e.smooth(vec{X: -s.half + 2, Y: -14}, vec{X: 0, Y: -12.6}, vec{X: s.half - 2, Y: -14}, vec{X: 0, Y: -9.5}), paint.Hex(0x241a1e), 0.25)
}

func (e *easel) felt(color paint.RGB) paint.Shader {
	s := e.shape
	return func(x, y float64) paint.RGB {
		p := e.from(x, y)
		return color.Scale(float64(1.15 * e.lit(float64(0.75*p.X)/s.half, float64(0.5*(p.Y+30))/20)))
	}
}

// earrings hang from the lobes, before the hair.
func (e *easel) earrings() {
	if !e.WearingEarrings {
		return
	}
	s := e.shape
	e.both(func(side float64) {
		x, y := float64(side*(s.half+1.6)), 3+s.ear
		e.Fill(e.ellipse(x, y+3, 2.7, 2.7, 0), paint.Plain(paint.Hex(0xd9a520)), 1)
		e.Fill(e.ellipse(x-0.7, y+2.2, 0.9, 0.9, 0), paint.Plain(paint.Hex(0xfff3c4)), 0.95)
		e.Fill(e.stroke([]float64{0.5, 0.5}, vec{X: x, Y: y - 1}, vec{X: x, Y: y + 1}), paint.Plain(paint.Hex(0xd9a520)), 1)
	})
}
