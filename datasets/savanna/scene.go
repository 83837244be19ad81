package savanna

import (
	"fmt"
	"math/rand/v2"

	"otherwise/datasets"
	"otherwise/datasets/internal/paint"
)

// Size is the width and height of every picture in pixels.
const Size = 128

// Class is an animal.
type Class int

// The classes in the order of their labels. Pairs that the papers turn into one another stand side by side.
const (
	Zebra Class = iota
	Sorrel
	Cheetah
	Cougar
	EgyptianCat
	PersianCat
)

var classNames = []string{"zebra", "sorrel", "cheetah", "cougar", "Egyptian cat", "Persian cat"}

// String is the class's name.
func (c Class) String() string { return classNames[c] }

// Partner is the class that differs from c in the coat and little else: zebra and sorrel, cheetah and cougar, the cats.
func (c Class) Partner() Class { return c ^ 1 }

// Detail says how much of a scene is there to be learned beside the animal.
type Detail int

// Levels of detail.
const (
	// Simple has smooth ground and hills, few plants: what a small model learns well. The default.
	Simple Detail = iota
	// Bare has sky, one ground and the animal.
	Bare
	// Rich has rough ground, grass, many plants and clouds.
	Rich
)

var detailNames = []string{"simple", "bare", "rich"}

// String is the level's name on the command line.
func (d Detail) String() string { return detailNames[d] }

// Scene is everything that a picture depends on. Lengths are in pixels, angles in turns, shares in [0, 1].
type Scene struct {
	Class  Class  `json:"class"`
	Detail Detail `json:"detail"`

	// The animal, in any class.
	X       float64 `json:"x"`      // of the middle of its body
	GroundY float64 `json:"ground"` // where it stands
	Scale   float64 `json:"scale"`  // of its size
	Left    bool    `json:"left"`   // faces left
	Stride  float64 `json:"stride"` // 0 stands, 1 walks with long steps
	Phase   float64 `json:"phase"`  // of the gait, in turns
	Head    float64 `json:"head"`   // 0 low to 1 high
	Tail    float64 `json:"tail"`   // 0 low to 1 high
	Smile   bool    `json:"smile"`

	// The coat. What a number means depends on the class, so that every scene has a coat in every class.
	CoatSeed    uint64  `json:"coat_seed"`
	CoatDensity float64 `json:"coat_density"` // distance of stripes and spots
	CoatTone    float64 `json:"coat_tone"`    // shade of the ground colour
	EyeTone     float64 `json:"eye_tone"`

	// The rest, which has nothing to do with the class unless a [datasets.Bias] says so.
	Sky      Sky     `json:"sky"`
	Land     Land    `json:"land"`
	Plants   Plants  `json:"plants"`
	Props    Prop    `json:"props"`
	Sun      float64 `json:"sun"`     // where light comes from, 0 left to 1 right
	Horizon  float64 `json:"horizon"` // height of the horizon
	LandSeed uint64  `json:"land_seed"`
}

// As is the true counterfactual: the same scene with an animal of another class.
func (s Scene) As(c Class) Scene {
	s.Class = c
	return s
}

// Options say what scenes are drawn. The zero value draws the simple world without bias.
type Options struct {
	Detail Detail
	// Bias makes factors follow classes.
	Bias []datasets.Bias
}

// Validate reports an unknown factor, value or class of a bias.
func (o Options) Validate() error {
	if o.Detail < 0 || int(o.Detail) >= len(detailNames) {
		return fmt.Errorf("savanna: level of detail %d; legal are %q", o.Detail, detailNames)
	}
	return datasets.ValidateBiases(o.Bias, classNames, plantable())
}

// Draw draws scene number index of a seed: any class, the classes in turn. It depends on nothing but its arguments.
// Options must be valid.
func Draw(seed uint64, index int, o Options) Scene {
	rng := rand.New(rand.NewPCG(seed, paint.Hash(0x5a7a44a, index, 0)))
	s := Scene{Class: Class(index % len(classNames)), Detail: o.Detail}
	unit := rng.Float64
	between := func(low, high float64) float64 { return paint.Mix(low, high, unit()) }
	s.Scale = between(0.88, 1.05)
	s.GroundY = between(110, 119)
	s.Left = rng.IntN(2) == 0
	// animals reach from 55 behind the middle to 61 before it; what is left of the width is room to stand elsewhere
	ahead, room := float64(3*s.Scale), float64(Size-2)/2-float64(58*s.Scale)
	if s.Left {
		ahead = -ahead
	}
	s.X = Size/2 - ahead + between(-room, room)
	s.Stride, s.Phase = between(0.1, 0.9), unit()
	s.Head, s.Tail = unit(), unit()
	s.Smile = rng.IntN(2) == 0
	s.CoatSeed, s.CoatDensity, s.CoatTone, s.EyeTone = rng.Uint64(), unit(), unit(), unit()
	s.Sky, s.Land, s.Plants, s.Props = Sky(rng.IntN(len(skyNames))), Land(rng.IntN(len(landNames))),
		Plants(rng.IntN(len(plantNames))), Prop(rng.IntN(len(propNames)))
	s.Sun = unit()
	s.Horizon = between(56, 78)
	s.LandSeed = rng.Uint64()
	s.plant(o.Bias, rng)
	return s
}
