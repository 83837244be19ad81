package savanna

import (
	"math"

	"otherwise/datasets/internal/paint"
)

func bodyOf(s Scene, c coat) *body {
	switch s.Class {
	case Zebra, Sorrel:
		return horse(s, c.spacing)
	case Cheetah, Cougar:
		return bigCat(s, c.spacing)
	default:
		return houseCat(s, c.spacing, c.fluff)
	}
}

// inShade is how bright the legs of the other side are.
const inShade = 0.72

func (st *stage) paintAnimal() {
	equine := st.scene.Class == Zebra || st.scene.Class == Sorrel
	st.paintFlesh(st.body.far, inShade)
	if equine {
		st.addHorseHead()
		st.paintHorseTail()
	} else {
		st.paintFlesh(st.body.tail, 0.95)
	}
	if equine {
		st.paintMane()
	}
	st.paintFlesh(st.body.near, 1)
	if equine {
		st.paintHorseFace()
	} else {
		st.paintCatHead()
	}
}

// paintFlesh paints bones with the coat.
func (st *stage) paintFlesh(bones []bone, brightness float64) {
	low, high := box(bones, st.coat.fluff+1)
	a, b := st.place(low), st.place(high)
	x0, x1 := int(math.Floor(min(a.X, b.X))), int(math.Ceil(max(a.X, b.X)))
	y0, y1 := int(math.Floor(a.Y)), int(math.Ceil(b.Y))
	scale := st.scene.Scale
	for y := max(0, y0); y < min(Size, y1); y++ {
		for x := max(0, x0); x < min(Size, x1); x++ {
			f := at(bones, st.local(float64(x)+0.5, float64(y)+0.5))
			if f.distance > 2+st.coat.fluff {
				continue
			}
			f.distance = st.coat.outline(f)
			coverage := paint.Clamp(0.5 - float64(f.distance*scale))
			if coverage == 0 {
				continue
			}
			color, fur := st.coat.color(&f)
			st.Mark(maskObject, maskCoat)
			if !fur {
				st.Mark(maskObject)
			}
			// a soft dark rim, as where a brush stroke ends, sets the animal off from the land
			rim := float64(0.22 * paint.Step(-1.6, 0.2, float64(f.distance*scale)))
			color = st.light.on(color, float64(f.nx*st.dir), f.ny).Scale(float64(brightness * (1 - rim)))
			st.Blend(x, y, color, coverage)
		}
	}
}

// paintShadow darkens the ground below the animal.
func (st *stage) paintShadow() {
	s := st.scene
	shift := float64((0.5 - s.Sun) * 14)
	st.Glow(vec{X: s.X + shift, Y: s.GroundY - 1}, float64(44*s.Scale), float64(7*s.Scale), paint.Hex(0x1d1c2b), 0.5)
}
