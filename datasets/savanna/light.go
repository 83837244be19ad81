package savanna

import (
	"math"

	"otherwise/datasets/internal/paint"
)

// light is what a scene's hour does to colours.
type light struct {
	x, y, z   float64 // direction towards the light in the picture, length 1
	sun, fill paint.RGB
	// haze is the colour of far things.
	haze paint.RGB
	// zenith and horizon are the sky's colours.
	zenith, horizon paint.RGB
}

func (s Scene) light() light {
	l := light{}
	switch s.Sky {
	case Day:
		l.sun, l.fill = paint.Hex(0xfff8ea).Scale(0.62), paint.Hex(0xdde8f5).Scale(0.56)
		l.zenith, l.horizon = paint.Hex(0x5f9fd8), paint.Hex(0xd3e8f2)
	case Morning:
		l.sun, l.fill = paint.Hex(0xffecd2).Scale(0.62), paint.Hex(0xeedfe8).Scale(0.55)
		l.zenith, l.horizon = paint.Hex(0x9db9e2), paint.Hex(0xfbe3cf)
	case Dusk:
		l.sun, l.fill = paint.Hex(0xffc48c).Scale(0.66), paint.Hex(0xb9a9cf).Scale(0.54)
		l.zenith, l.horizon = paint.Hex(0x6a5f9e), paint.Hex(0xf9b27a)
	case Overcast:
		l.sun, l.fill = paint.Hex(0xf2f4f5).Scale(0.38), paint.Hex(0xe4e9ee).Scale(0.72)
		l.zenith, l.horizon = paint.Hex(0xa3b1bd), paint.Hex(0xdde2e5)
	}
	l.haze = l.horizon
	x, y, z := paint.Mix(-0.75, 0.75, s.Sun), -0.8, 0.62
	n := math.Sqrt(float64(x*x) + float64(y*y) + float64(z*z))
	l.x, l.y, l.z = x/n, y/n, z/n
	return l
}

// on lights a colour whose surface has the normal (nx, ny), in the picture; outside the unit disc it lies on the rim.
func (l light) on(c paint.RGB, nx, ny float64) paint.RGB {
	flat := float64(nx*nx) + float64(ny*ny)
	if flat > 1 {
		n := math.Sqrt(flat)
		nx, ny, flat = nx/n, ny/n, 1
	}
	facing := float64(nx*l.x) + float64(ny*l.y) + float64(math.Sqrt(1-flat)*l.z)
	return c.Filter(l.fill.Plus(l.sun.Scale(max(0, facing))))
}

// flat lights a colour that faces the viewer.
func (l light) flat(c paint.RGB) paint.RGB { return l.on(c, 0, -0.4) }
