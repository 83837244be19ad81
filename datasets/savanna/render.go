package savanna

import (
	"image"

	"otherwise/datasets/internal/paint"
)

// Rendering is a picture with the truth about it. All have Size x Size pixels.
type Rendering struct {
	Image *image.NRGBA
	// Object is how much of each pixel the animal covers, 0 to 255.
	Object *image.Gray
	// Coat is the part of the object that tells the class: all but eyes, noses, mouths and hooves.
	Coat *image.Gray
}

// masks of the canvas
const (
	maskObject = iota
	maskCoat
	masks
)

// stage is a picture being painted.
type stage struct {
	*paint.Canvas
	scene Scene
	light light
	body  *body
	coat  coat
	dir   float64 // 1 faces right, -1 left
}

// Render paints the scene: the same scene gives the same bytes everywhere.
func (s Scene) Render() Rendering {
	st := &stage{Canvas: paint.NewCanvas(Size, Size, masks), scene: s, light: s.light(), dir: 1}
	if s.Left {
		st.dir = -1
	}
	st.coat = coatOf(s)
	st.body = bodyOf(s, st.coat)
	st.paintSky()
	st.paintLand()
	st.paintPlants()
	st.paintProp()
	st.paintShadow()
	st.paintAnimal()
	st.paintForeground()
	return Rendering{Image: st.Image(), Object: st.Mask(maskObject), Coat: st.Mask(maskCoat)}
}

// place takes a point of the animal to the picture.
func (st *stage) place(v vec) vec {
	return vec{X: st.scene.X + float64(st.dir*st.scene.Scale*v.X), Y: st.scene.GroundY + float64(st.scene.Scale*v.Y)}
}

// local takes a point of the picture to the animal.
func (st *stage) local(x, y float64) vec {
	return vec{X: (x - st.scene.X) / float64(st.dir*st.scene.Scale), Y: (y - st.scene.GroundY) / st.scene.Scale}
}
