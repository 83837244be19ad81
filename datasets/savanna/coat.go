package savanna

import (
	"otherwise/datasets/internal/paint"
)

// coat is how an animal's fur looks.
type coat struct {
	class   Class
	spacing float64 // of stripes, or of spots, in units of the animal
	fluff   float64 // how much thicker long fur makes it
	seed    uint64
	scale   float64 // of the scene
	grain   float64 // contrast of single hairs
	// base is the fur; pale is the belly's and muzzle's; mark that of stripes, spots and tips; deep that of noses and hooves.
	base, pale, mark, deep paint.RGB
	iris                   paint.RGB
}

// pick mixes along a row of colours.
func pick(t float64, colors ...uint32) paint.RGB {
	at := float64(paint.Clamp(t) * float64(len(colors)-1))
	i := min(int(at), len(colors)-2)
	return paint.Hex(colors[i]).Mix(paint.Hex(colors[i+1]), at-float64(i))
}

func coatOf(s Scene) coat {
	c := coat{class: s.Class, seed: s.CoatSeed, scale: s.Scale, grain: []float64{0.025, 0.01, 0.1}[s.Detail]}
	t, d := s.CoatTone, s.CoatDensity
	switch s.Class {
	case Zebra:
		c.spacing = paint.Mix(5.6, 7.4, d)
		c.base, c.mark, c.deep = pick(t, 0xfdfaf4, 0xf6ecd9), paint.Hex(0x1f1b1e), paint.Hex(0x2b2626)
		c.pale = c.base
	case Sorrel:
		c.spacing = 6
		c.base, c.mark, c.deep = pick(t, 0x9c4a1e, 0xb8642c, 0xcf7f3f), pick(d, 0xf0d9a8, 0xc98a4a, 0x7a3a18), paint.Hex(0x3a2a25)
		c.pale = c.base.Mix(paint.Hex(0xe8c9a0), 0.35)
	case Cheetah:
		c.spacing = paint.Mix(5.2, 6.8, d)
		c.base, c.mark, c.deep = pick(t, 0xe8b75e, 0xdfae68, 0xf0cd86), paint.Hex(0x2a1d14), paint.Hex(0x251a16)
		c.pale, c.iris = paint.Hex(0xfbf1dc), pick(s.EyeTone, 0xd98a1c, 0xe6b235)
	case Cougar:
		c.spacing = 6
		c.base, c.mark, c.deep = pick(t, 0xb98253, 0xc9925c, 0xb78d68), paint.Hex(0x4a3122), paint.Hex(0x6b3a32)
		c.pale, c.iris = paint.Hex(0xf6e9d6), pick(s.EyeTone, 0xb9a04a, 0x8fae5e)
	case EgyptianCat:
		c.spacing = paint.Mix(5.6, 7.2, d)
		c.base, c.mark, c.deep = pick(t, 0xb9b4ae, 0xc4ad8c, 0xa9a39e), paint.Hex(0x34302f), paint.Hex(0xb5665a)
		c.pale, c.iris = pick(t, 0xe9e6e2, 0xeddfc8, 0xdfdbd6), pick(s.EyeTone, 0xb8d957, 0x8ccf6a)
	case PersianCat:
		c.spacing, c.fluff = 6, 1.6
		c.base = pick(t, 0xfaf6f0, 0xf0dcb8, 0xe3a366, 0x8f95a3)
		c.mark, c.deep = c.base.Scale(0.8), paint.Hex(0xd98880)
		c.pale, c.iris = c.base.Mix(paint.Hex(0xffffff), 0.5), pick(s.EyeTone, 0xe08a2b, 0xe08a2b, 0x5aa7d8, 0x5aa7d8)
	}
	return c
}

// outline moves the outline of long fur in tufts; short fur's stays.
func (c *coat) outline(f flesh) float64 {
	if c.fluff == 0 {
		return f.distance
	}
	tufts := paint.Noise(c.seed, f.rest.X/2.6+float64(0.2*f.rest.Y), f.rest.Y/4.5)
	hairy := 1 - f.share[foot]
	return f.distance + float64(hairy*c.fluff*1.5*(tufts-0.6))
}

// edge is the share of a mark at a place that lies depth units inside it, antialiased.
func (c *coat) edge(depth float64) float64 { return paint.Clamp(0.5 + float64(depth*c.scale)) }

// color is the unlit colour of a place, and whether it is fur, which tells the class, or a hoof.
func (c *coat) color(f *flesh) (paint.RGB, bool) {
	belly := float64(paint.Step(0.15, 0.85, f.ny) * (f.share[torso] + float64(0.6*f.share[leg])))
	hairs := 1 + float64(c.grain*2*(paint.Noise(c.seed+7, f.rest.X/1.3, f.rest.Y/1.3)-0.5))
	switch c.class {
	case Zebra:
		if hoof(f) {
			return c.deep, false
		}
		color := c.base.Mix(c.mark, float64(c.stripes(f)*(1-float64(0.85*paint.Step(0.55, 0.95, f.ny)*f.share[torso]))))
		return color.Mix(c.deep, paint.Step(0.5, 0.9, f.share[muzzle])).Scale(hairs), true
	case Sorrel:
		if hoof(f) {
			return c.deep, false
		}
		color := c.base.Mix(c.pale, float64(0.6*belly))
		sock := float64(paint.Step(-12, -10, f.rest.Y) * (f.share[leg] + f.share[foot]))
		return color.Mix(paint.Hex(0xf3e8da), float64(0.85*sock)).Mix(c.deep, float64(0.5*f.share[muzzle])).Scale(hairs), true
	case Cheetah:
		color := c.base.Mix(c.pale, belly)
		color = color.Mix(c.mark, c.spots(f, 1, 1, 0.33))
		return color.Mix(c.mark, float64(c.rings(f, 0.5)*paint.Step(2.2, 3.2, f.stripe)*f.share[tail])).Scale(hairs), true
	case Cougar:
		color := c.base.Mix(c.pale, float64(0.85*belly))
		return color.Mix(c.mark, float64(0.9*paint.Step(4.2, 5.2, f.stripe)*f.share[tail])).Scale(hairs), true
	case EgyptianCat:
		color := c.base.Mix(c.pale, float64(0.8*belly))
		bars := float64(c.rings(f, 0.42) * max(f.share[tail], f.share[leg]))
		marks := max(bars, float64(c.spots(f, 0.8, 1.1, 0.34)*(f.share[torso]+f.share[neck])))
		return color.Mix(c.mark, float64(0.88*marks)).Scale(hairs), true
	default:
		locks := paint.Noise(c.seed+3, f.rest.X/1.9+float64(0.12*f.rest.Y), f.rest.Y/5)
		color := c.base.Mix(c.mark, float64(0.55*paint.Step(0.45, 1, locks)))
		return color.Mix(c.pale, float64(0.8*f.share[neck])), true
	}
}

// hoof is the lower part of a foot.
func hoof(f *flesh) bool { return f.share[foot] > 0.5 && f.rest.Y > -4.2 }

// stripes are a zebra's: across the spine, swinging over the haunches into the legs' rings.
func (c *coat) stripes(f *flesh) float64 {
	waver := float64(0.5 * (paint.Noise(c.seed, f.rest.X/9, f.rest.Y/9) - 0.5))
	lean := float64(0.05 * (f.rest.Y + 45) * f.share[torso] * (0.5 - paint.Step(-25, 15, f.rest.X)))
	spacing := c.spacing
	wave := paint.Sin(f.stripe + waver + lean)
	return c.edge(float64((wave + 0.1) * spacing / 6.2))
}

// rings are bands around legs and tails; share is the part of the way that they cover.
func (c *coat) rings(f *flesh, share float64) float64 {
	wave := paint.Sin(f.stripe)
	return c.edge(float64((wave + float64(2*share) - 1) * c.spacing / 6.2))
}

// spots are round marks, stretched by sx and sy; size is their radius as a share of their distance. They get smaller
// down the legs.
func (c *coat) spots(f *flesh, sx, sy, size float64) float64 {
	shrink := 1 - float64(0.4*f.share[leg]) - float64(0.75*f.share[foot])
	cell := float64(c.spacing * (1 - float64(0.2*f.share[leg])))
	d, id := paint.Spot(c.seed, f.rest.X/float64(cell*sx), f.rest.Y/float64(cell*sy))
	radius := float64(size * (0.8 + float64(0.4*id)) * shrink)
	return float64(c.edge(float64((radius-d)*cell)) * (1 - float64(0.7*paint.Step(0.75, 1, f.ny)*f.share[torso])))
}
