package paint

import (
	"image"
	"math"

	"golang.org/x/image/vector"
)

// Path is a set of closed polygons; curves are cut into straight pieces as they are added.
type Path struct {
	polygons [][]Vec
}

// Polygon adds a closed polygon.
func (p *Path) Polygon(points ...Vec) *Path {
	p.polygons = append(p.polygons, points)
	return p
}

// Ellipse adds an ellipse, turned by an angle in turns.
func (p *Path) Ellipse(centre Vec, rx, ry, turns float64) *Path {
	n := 12 + min(200, int(max(rx, ry)))
	points := make([]Vec, n)
	for i := range points {
		at := float64(i) / float64(n)
		points[i] = centre.Add(Vec{float64(rx * Cos(at)), float64(ry * Sin(at))}.Turned(turns))
	}
	return p.Polygon(points...)
}

// Smooth adds a closed curve through the points (a Catmull-Rom spline).
func (p *Path) Smooth(points ...Vec) *Path {
	n := len(points)
	var out []Vec
	for i := range points {
		out = appendSpline(out, points[(i+n-1)%n], points[i], points[(i+1)%n], points[(i+2)%n])
	}
	return p.Polygon(out...)
}

// Stroke adds a line through the points, smoothed, whose half width goes from the first to the last of the widths; its
// ends are round.
func (p *Path) Stroke(points []Vec, widths ...float64) *Path {
	line := Curve(points...)
	last := len(line) - 1
	left, right := make([]Vec, 0, 2*last+16), make([]Vec, 0, last+8)
	for i, at := range line {
		direction := line[min(i+1, last)].Sub(line[max(i-1, 0)]).Unit()
		side := direction.Perp().Mul(along(widths, float64(i)/float64(last)))
		if i == 0 || i == last {
			// a round end: three more points
			out := direction
			if i == 0 {
				out = direction.Mul(-1)
			}
			tip := out.Mul(side.Len())
			const c = 0.7071
			if i == 0 {
				left = append(left, at.Add(tip), at.Add(tip.Mul(c)).Add(side.Mul(c)))
				right = append(right, at.Add(tip.Mul(c)).Sub(side.Mul(c)))
			} else {
				left = append(left, at.Add(side), at.Add(tip.Mul(c)).Add(side.Mul(c)), at.Add(tip))
				right = append(right, at.Sub(side), at.Add(tip.Mul(c)).Sub(side.Mul(c)))
				continue
			}
		}
		left, right = append(left, at.Add(side)), append(right, at.Sub(side))
	}
	for i := len(right) - 1; i >= 0; i-- {
		left = append(left, right[i])
	}
	return p.Polygon(left...)
}

// Curve is a smooth line through the points, as short straight pieces.
func Curve(points ...Vec) []Vec {
	n := len(points)
	var out []Vec
	for i := range n - 1 {
		out = appendSpline(out, points[max(i-1, 0)], points[i], points[i+1], points[min(i+2, n-1)])
	}
	return append(out, points[n-1])
}

// appendSpline adds the piece from b to c of a Catmull-Rom spline, without c.
func appendSpline(out []Vec, a, b, c, d Vec) []Vec {
	steps := max(2, min(12, int(c.Sub(b).Len()/1.5)))
	in, on := c.Sub(a).Mul(0.5), d.Sub(b).Mul(0.5)
	for s := range steps {
		t := float64(s) / float64(steps)
		t2 := float64(t * t)
		t3 := float64(t2 * t)
		h00 := float64(2*t3) - float64(3*t2) + 1
		h10 := t3 - float64(2*t2) + t
		h01 := float64(3*t2) - float64(2*t3)
		h11 := t3 - t2
		out = append(out, b.Mul(h00).Add(in.Mul(h10)).Add(c.Mul(h01)).Add(on.Mul(h11)))
	}
	return out
}

// along reads evenly spaced values at share t.
func along(values []float64, t float64) float64 {
	at := float64(t * float64(len(values)-1))
	i := min(int(at), max(0, len(values)-2))
	return Mix(values[i], values[min(i+1, len(values)-1)], at-float64(i))
}

func (p *Path) bounds() image.Rectangle {
	low, high := Vec{math.Inf(1), math.Inf(1)}, Vec{math.Inf(-1), math.Inf(-1)}
	for _, polygon := range p.polygons {
		for _, v := range polygon {
			low, high = Vec{min(low.X, v.X), min(low.Y, v.Y)}, Vec{max(high.X, v.X), max(high.Y, v.Y)}
		}
	}
	if !(low.X <= high.X) {
		return image.Rectangle{}
	}
	const far = 1 << 20 // beyond any canvas, and still an int everywhere
	clip := func(v float64) int { return int(max(-far, min(far, v))) }
	return image.Rect(clip(math.Floor(low.X)), clip(math.Floor(low.Y)), clip(math.Ceil(high.X)), clip(math.Ceil(high.Y)))
}

// draw hands the polygons to a rasteriser whose corner lies at origin. Corners are moved to 64ths of a pixel, which
// float32 holds exactly.
func (p *Path) draw(r *vector.Rasterizer, origin Vec) {
	for _, polygon := range p.polygons {
		for i, v := range polygon {
			x, y := float32(math.Round(float64(64*(v.X-origin.X)))/64), float32(math.Round(float64(64*(v.Y-origin.Y)))/64)
			if i == 0 {
				r.MoveTo(x, y)
			} else {
				r.LineTo(x, y)
			}
		}
		r.ClosePath()
	}
}
