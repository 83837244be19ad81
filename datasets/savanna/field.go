package savanna

import (
	"math"

	"otherwise/datasets/internal/paint"
)

type vec = paint.Vec

// bone is a piece of an animal: a tapered capsule, which melts into its neighbours.
type bone struct {
	a, b   vec     // ends in the picture, in units of the animal
	ra, rb float64 // radii there
	// restA and restB are where the ends lie on the animal that stands still: coats are painted there, so that they
	// move with the body.
	restA, restB vec
	// stripes is the number of stripes at a and at b, counted along the spine or down the leg from where it leaves it.
	stripeA, stripeB float64
	region           region
}

// region is a part of the body, for coats.
type region int

const (
	torso region = iota
	neck
	head
	muzzle
	leg
	foot
	tail
	tuft
	mane
	regions
)

// flesh is what a pixel shows of an animal.
type flesh struct {
	distance float64 // to the outline, negative inside
	nx, ny   float64 // of the surface's normal; it has length 1 at the outline
	rest     vec     // place on the animal that stands still
	stripe   float64 // number of stripes so far
	radius   float64
	share    [regions]float64 // of the regions; they add to 1
}

// melt is how far from each other two bones begin to melt together, in units of the animal.
const melt = 5.0

// at finds the flesh of bones at a point: a smooth union of tapered capsules (the polynomial smooth minimum of I. Quilez).
func at(bones []bone, p vec) flesh {
	f := flesh{distance: math.Inf(1)}
	for i := range bones {
		b := &bones[i]
		axis := b.b.Sub(b.a)
		to := p.Sub(b.a)
		// u goes on beyond the ends, so that coats do too
		u, length := 0.0, axis.Len()
		if length > 0 {
			u = to.Dot(axis) / float64(length*length)
		}
		t := paint.Clamp(u)
		r := paint.Mix(b.ra, b.rb, t)
		off := to.Sub(axis.Mul(t))
		d := off.Len() - r
		if d > f.distance+melt {
			continue
		}
		share := 0.0 // of what was there before
		h := max(0, melt-math.Abs(d-f.distance)) / melt
		blend := float64(h * h / 2)
		if f.distance < d {
			share = 1 - blend
			f.distance -= float64(h * h * melt / 4)
		} else {
			share = blend
			f.distance = d - float64(h*h*melt/4)
		}
		f.nx, f.ny = paint.Mix(off.X/r, f.nx, share), paint.Mix(off.Y/r, f.ny, share)
		across := off.Y
		if length > 0 {
			across = to.Dot(axis.Perp()) / length
		}
		restAxis := b.restB.Sub(b.restA)
		rest := b.restA.Add(restAxis.Mul(u)).Add(restAxis.Unit().Perp().Mul(across))
		f.rest = rest.Toward(f.rest, share)
		f.stripe = paint.Mix(paint.Mix(b.stripeA, b.stripeB, u), f.stripe, share)
		f.radius = paint.Mix(r, f.radius, share)
		for k := range f.share {
			f.share[k] = float64(f.share[k] * share)
		}
		f.share[b.region] += 1 - share
	}
	return f
}

// box is the rectangle around bones, with room to spare.
func box(bones []bone, spare float64) (low, high vec) {
	low, high = vec{X: math.Inf(1), Y: math.Inf(1)}, vec{X: math.Inf(-1), Y: math.Inf(-1)}
	for _, b := range bones {
		for _, end := range []struct {
			p vec
			r float64
		}{{b.a, b.ra}, {b.b, b.rb}} {
			r := end.r + spare
			low = vec{X: min(low.X, end.p.X-r), Y: min(low.Y, end.p.Y-r)}
			high = vec{X: max(high.X, end.p.X+r), Y: max(high.Y, end.p.Y+r)}
		}
	}
	return low, high
}
