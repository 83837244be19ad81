package savanna

import (
	"math/rand/v2"

	"otherwise/datasets"
)

// Sky is the time and the weather.
type Sky int

// Land is what covers the ground.
type Land int

// Plants is what grows behind the animal.
type Plants int

// Prop is a thing beside the animal.
type Prop int

var (
	skyNames   = []string{"day", "morning", "dusk", "overcast"}
	landNames  = []string{"grass", "straw", "sand", "snow", "earth"}
	plantNames = []string{"none", "acacias", "pines", "bushes"}
	propNames  = []string{"none", "rock", "flowers", "pond"}
)

// Named values of the factors, in the order of their names.
const (
	Day Sky = iota
	Morning
	Dusk
	Overcast
)

const (
	Grass Land = iota
	Straw
	Sand
	Snow
	Earth
)

const (
	NoPlants Plants = iota
	Acacias
	Pines
	Bushes
)

const (
	NoProp Prop = iota
	Rock
	Flowers
	Pond
)

func (s Sky) String() string    { return skyNames[s] }
func (l Land) String() string   { return landNames[l] }
func (p Plants) String() string { return plantNames[p] }
func (p Prop) String() string   { return propNames[p] }

// yesNo are the values of the factors that are true or false.
var yesNo = []string{"no", "yes"}

// factorValues gives the legal values of each factor with names.
func factorValues() map[string][]string {
	return map[string][]string{
		"sky": skyNames, "land": landNames, "plants": plantNames, "props": propNames,
		"left": yesNo, "smile": yesNo,
	}
}

// Factors gives the scene's factors that have named values, without the class: what a bias may plant, and what a true
// counterfactual leaves as it is.
func (s Scene) Factors() map[string]string {
	return map[string]string{
		"sky": s.Sky.String(), "land": s.Land.String(), "plants": s.Plants.String(), "props": s.Props.String(),
		"left": yesNo[number(s.Left)], "smile": yesNo[number(s.Smile)],
	}
}

// plant lets the biases overrule what was drawn.
func (s *Scene) plant(biases []datasets.Bias, rng *rand.Rand) {
	for _, b := range biases {
		factor, value := b.Split()
		legal := factorValues()[factor]
		at := b.Choose(s.Class.String() == b.Class, value, s.Factors()[factor], legal, rng)
		switch factor {
		case "sky":
			s.Sky = Sky(at)
		case "land":
			s.Land = Land(at)
		case "plants":
			s.Plants = Plants(at)
		case "props":
			s.Props = Prop(at)
		case "left":
			s.Left = at == 1
		case "smile":
			s.Smile = at == 1
		}
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
