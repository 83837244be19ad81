package savanna

import (
	"fmt"
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

// What the ground is.
const (
	Grass Land = iota
	Straw
	Sand
	Snow
	Earth
)

// What grows behind the animal.
const (
	NoPlants Plants = iota
	Acacias
	Pines
	Bushes
)

// What lies beside the animal.
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

// factor is a property of a scene that has named values.
type factor struct {
	datasets.Factor
	get func(s *Scene) int
	set func(s *Scene, value int)
}

// task is the name of the factor that is the class.
const task = "animal"

// several makes a factor of a field whose values have names.
func several[T ~int](name string, values []string, field func(s *Scene) *T) factor {
	return factor{Factor: datasets.Factor{Name: name, Values: values},
		get: func(s *Scene) int { return int(*field(s)) },
		set: func(s *Scene, v int) { *field(s) = T(v) }}
}

// flag makes a factor of a field that is true or false.
func flag(name string, field func(s *Scene) *bool) factor {
	return factor{Factor: datasets.Factor{Name: name, Values: yesNo},
		get: func(s *Scene) int { return number(*field(s)) },
		set: func(s *Scene, v int) { *field(s) = v == 1 }}
}

// factors are the scene's factors with named values, the class first.
var factors = []factor{
	several(task, classNames, func(s *Scene) *Class { return &s.Class }),
	several("sky", skyNames, func(s *Scene) *Sky { return &s.Sky }),
	several("land", landNames, func(s *Scene) *Land { return &s.Land }),
	several("plants", plantNames, func(s *Scene) *Plants { return &s.Plants }),
	several("props", propNames, func(s *Scene) *Prop { return &s.Props }),
	flag("left", func(s *Scene) *bool { return &s.Left }),
	flag("smile", func(s *Scene) *bool { return &s.Smile }),
}

// find is a factor by its name.
func find(name string) (factor, error) {
	for _, f := range factors {
		if f.Name == name {
			return f, nil
		}
	}
	_, err := datasets.FactorNamed(name, Factors())
	return factor{}, fmt.Errorf("savanna: %w", err)
}

// Factors lists the factors of a scene that have named values, the class, which is the factor "animal", first.
func Factors() []datasets.Factor {
	all := make([]datasets.Factor, len(factors))
	for i, f := range factors {
		all[i] = f.Factor
	}
	return all
}

// plantable gives the legal values of the factors that a bias may plant: all but the class.
func plantable() map[string][]string {
	values := map[string][]string{}
	for _, f := range factors[1:] {
		values[f.Name] = f.Values
	}
	return values
}

// plant lets the biases overrule what was drawn. They must be valid.
func (s *Scene) plant(biases []datasets.Bias, rng *rand.Rand) {
	for _, b := range biases {
		name, value := b.Split()
		f, err := find(name)
		if err != nil {
			continue // Validate has told
		}
		f.set(s, b.Choose(s.Class.String() == b.Class, value, f.Values[f.get(s)], f.Values, rng))
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
