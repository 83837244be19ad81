package paint

import "math"

// Vec is a point or a direction; y points down, units are pixels unless said otherwise.
type Vec struct{ X, Y float64 }

// Add is v + w.
func (v Vec) Add(w Vec) Vec { return Vec{v.X + w.X, v.Y + w.Y} }

// Sub is v - w.
func (v Vec) Sub(w Vec) Vec { return Vec{v.X - w.X, v.Y - w.Y} }

// Mul is v scaled by s.
func (v Vec) Mul(s float64) Vec { return Vec{float64(v.X * s), float64(v.Y * s)} }

// Dot is the inner product.
func (v Vec) Dot(w Vec) float64 { return float64(v.X*w.X) + float64(v.Y*w.Y) }

// Len is the Euclidean length.
func (v Vec) Len() float64 { return math.Sqrt(v.Dot(v)) }

// Unit is v with length 1; the zero vector stays.
func (v Vec) Unit() Vec {
	if l := v.Len(); l > 0 {
		return Vec{v.X / l, v.Y / l}
	}
	return v
}

// Perp is v turned by a quarter turn, from x to y.
func (v Vec) Perp() Vec { return Vec{-v.Y, v.X} }

// Toward is the point at share t of the way from v to w.
func (v Vec) Toward(w Vec, t float64) Vec { return Vec{Mix(v.X, w.X, t), Mix(v.Y, w.Y, t)} }

// Turned is v rotated by an angle in turns, from x to y.
func (v Vec) Turned(turns float64) Vec {
	s, c := Sin(turns), Cos(turns)
	return Vec{float64(v.X*c) - float64(v.Y*s), float64(v.X*s) + float64(v.Y*c)}
}

// Mix is a + t (b-a).
func Mix(a, b, t float64) float64 { return a + float64(t*(b-a)) }

// Clamp limits x to [0, 1].
func Clamp(x float64) float64 { return max(0, min(1, x)) }

// Step rises smoothly from 0 at a to 1 at b (the cubic 3t^2-2t^3); b may be less than a.
func Step(a, b, x float64) float64 {
	t := Clamp((x - a) / (b - a))
	return float64(t * t * (3 - float64(2*t)))
}

// Sin is the sine of an angle in turns (1 is a whole circle), within 1e-7.
func Sin(turns float64) float64 {
	r := turns - math.Floor(turns+0.5)
	if r > 0.25 {
		r = 0.5 - r
	} else if r < -0.25 {
		r = -0.5 - r
	}
	x := float64(2 * math.Pi * r)
	q := float64(x * x)
	// Taylor's series to x^11, in Horner's form
	p := 1 - q/110
	p = 1 - float64(q/72*p)
	p = 1 - float64(q/42*p)
	p = 1 - float64(q/20*p)
	p = 1 - float64(q/6*p)
	return float64(x * p)
}

// Cos is the cosine of an angle in turns, within 1e-7.
func Cos(turns float64) float64 { return Sin(turns + 0.25) }
