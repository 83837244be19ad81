package savanna

import (
	"otherwise/datasets/internal/paint"
)

// rough is how strong the textures of sky and land are.
func (st *stage) rough() float64 { return []float64{0.35, 0, 1}[st.scene.Detail] }

func (st *stage) paintSky() {
	s, l := st.scene, st.light
	clouds := st.rough()
	st.Mark()
	st.Cover(func(x, y float64) paint.RGB {
		if y > s.Horizon+16 {
			return l.horizon // hidden by the land
		}
		color := l.zenith.Mix(l.horizon, paint.Step(-10, s.Horizon, y))
		if clouds > 0 {
			n := paint.Cloudy(s.LandSeed+11, x/34, y/13, 2+int(clouds))
			color = color.Mix(paint.Hex(0xffffff).Mix(l.horizon, 0.35), float64((0.45+float64(0.35*clouds))*paint.Step(0.52, 0.8, n)))
		}
		return color
	})
	if s.Sky != Overcast {
		at := vec{X: paint.Mix(10, 118, s.Sun), Y: float64(0.3 * s.Horizon)}
		if s.Sky == Dusk {
			at.Y = s.Horizon - 10
		}
		st.Glow(at, 26, 26, l.sun.Scale(1.5), 0.5)
		st.Fill(new(paint.Path).Ellipse(at, 5, 5, 0), paint.Plain(paint.Hex(0xfff6d8)), 0.9)
	}
}

// lands are the colours of the near ground, the far ground, and the hills.
var lands = [][3]uint32{
	Grass: {0x6f9a45, 0xa5bd6a, 0x7c9a72},
	Straw: {0xc9a553, 0xe0c985, 0xb59a68},
	Sand:  {0xe0bf86, 0xf0dcb2, 0xcfa878},
	Snow:  {0xe6edf4, 0xf8fafc, 0xb9c9d8},
	Earth: {0xa5603e, 0xc58a63, 0x9a6c5c},
}

func (st *stage) paintLand() {
	s, l := st.scene, st.light
	near, far, hill := paint.Hex(lands[s.Land][0]), paint.Hex(lands[s.Land][1]), paint.Hex(lands[s.Land][2])
	if s.Detail != Bare {
		st.hills(s.LandSeed+1, 16, 30, hill.Mix(l.haze, 0.55))
		st.hills(s.LandSeed+2, 8, 22, hill.Mix(l.haze, 0.25))
	}
	rough := st.rough()
	st.under(func(x float64) float64 { return s.Horizon + float64(2*(paint.Ridge(s.LandSeed+3, x/40)-0.5)) }, func(x, y float64) paint.RGB {
		depth := paint.Step(s.Horizon-2, 120, y)
		color := far.Mix(near, depth)
		if rough > 0 {
			near := 0.35 + depth // things look larger when they are near
			n := paint.Cloudy(s.LandSeed+4, x/float64(14*near), y/float64(5*near), 1+int(float64(2*rough)))
			color = color.Scale(1 + float64(0.5*rough*(n-0.5)))
		}
		return l.flat(color)
	})
}

// hills paints a range of the given height over the horizon.
func (st *stage) hills(seed uint64, height, width float64, color paint.RGB) {
	s := st.scene
	lit := st.light.flat(color)
	st.under(func(x float64) float64 { return s.Horizon + 2 - float64(height*paint.Ridge(seed, x/width)) }, func(x, y float64) paint.RGB {
		return lit.Mix(st.light.haze, paint.Step(s.Horizon-height, s.Horizon+6, y)/2.5)
	})
}

// under paints everything below a skyline.
func (st *stage) under(skyline func(x float64) float64, shader paint.Shader) {
	for x := range Size {
		cx := float64(x) + 0.5
		top := skyline(cx)
		for y := max(0, int(top)-1); y < Size; y++ {
			if coverage := paint.Clamp(float64(y) + 1 - top); coverage > 0 {
				st.Blend(x, y, shader(cx, float64(y)+0.5), coverage)
			}
		}
	}
}

// paintForeground paints tufts of grass before the animal's feet, where the land has any.
func (st *stage) paintForeground() {
	s := st.scene
	if s.Detail != Rich || s.Land > Straw {
		return
	}
	st.Mark()
	color := st.light.flat(paint.Hex(lands[s.Land][0]))
	for i := range 14 {
		x, y := float64(Size*paint.Random(s.LandSeed, i, 70)), s.GroundY+float64(12*paint.Random(s.LandSeed, i, 71))-1
		tone := paint.Plain(color.Scale(0.75 + float64(0.5*paint.Random(s.LandSeed, i, 72))))
		for blade := range 3 {
			lean := float64(2.4*(float64(blade)-1)) + paint.Random(s.LandSeed, i, 73+blade)
			st.Fill(new(paint.Path).Stroke([]vec{{X: x, Y: y}, {X: x + lean/2, Y: y - 3}, {X: x + lean, Y: y - 5}}, 0.7, 0.6, 0.2), tone, 1)
		}
	}
}
