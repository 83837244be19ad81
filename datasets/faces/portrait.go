package faces

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"otherwise/datasets"
	"otherwise/datasets/internal/paint"
)

// Size is the width and height of every picture in pixels.
const Size = 128

// Identity is who somebody is. Every number is in [0, 1], from the least to the most that the world has.
type Identity struct {
	Width, Length, Jaw   float64 // of the face, and how broad the jaw is
	EyeDistance, EyeSize float64
	EyeTilt, BrowHeight  float64
	NoseLength, NoseSize float64
	MouthWidth, Lips     float64
	Ears                 float64
	Skin, Eyes, Clothes  float64 // colours
	Hairline, Wave       float64
	Seed                 uint64 // of single hairs
}

// Portrait is everything that a picture depends on.
type Portrait struct {
	Identity Identity

	// Attributes, with CelebA's names where it has them.
	Smiling         bool
	Young           bool
	Eyeglasses      bool
	Beard           bool
	Mustache        bool
	WearingHat      bool
	WearingEarrings bool
	WearingLipstick bool
	HeavyMakeup     bool
	RosyCheeks      bool
	Bangs           bool
	LongHair        bool
	BushyEyebrows   bool

	// Attributes of several values.
	HairColor  HairColor
	Gaze       Gaze
	Background Background
	Lighting   Lighting

	// How the picture was taken: where the head is, in pixels from the middle, and its tilt in turns.
	X, Y, Tilt float64
}

// Attributes of several values.
type (
	HairColor  int
	Gaze       int
	Background int
	Lighting   int
)

var (
	hairColors  = []string{"black", "brown", "blond", "red"}
	gazes       = []string{"ahead", "left", "right"}
	backgrounds = []string{"teal", "sand", "plum", "sky"}
	lightings   = []string{"front", "left", "right"}
	yesNo       = []string{"no", "yes"}
)

// attribute is a property that a bias may plant, a counterfactual may change, and a classifier may tell.
type attribute struct {
	name   string
	values []string
	get    func(p *Portrait) int
	set    func(p *Portrait, value int)
	// share of portraits that have it, for those of two values; 0 is a half
	share float64
	// words are how captions name it: without and with it
	words [2]string
}

// flag makes an attribute of two values.
func flag(name string, share float64, without, with string, field func(p *Portrait) *bool) attribute {
	return attribute{name: name, values: yesNo, share: share, words: [2]string{without, with},
		get: func(p *Portrait) int {
			if *field(p) {
				return 1
			}
			return 0
		},
		set: func(p *Portrait, v int) { *field(p) = v == 1 }}
}

// several makes an attribute of several values, all as likely.
func several[T ~int](name string, values []string, field func(p *Portrait) *T) attribute {
	return attribute{name: name, values: values,
		get: func(p *Portrait) int { return int(*field(p)) },
		set: func(p *Portrait, v int) { *field(p) = T(v) }}
}

// attributes in a fixed order, in which they are drawn.
var attributes = []attribute{
	flag("Smiling", 0.5, "not smiling", "smiling", func(p *Portrait) *bool { return &p.Smiling }),
	flag("Young", 0.5, "old", "young", func(p *Portrait) *bool { return &p.Young }),
	flag("Eyeglasses", 0.3, "without glasses", "with glasses", func(p *Portrait) *bool { return &p.Eyeglasses }),
	flag("Beard", 0.25, "without a beard", "with a beard", func(p *Portrait) *bool { return &p.Beard }),
	flag("Mustache", 0.2, "without a mustache", "with a mustache", func(p *Portrait) *bool { return &p.Mustache }),
	flag("Wearing_Hat", 0.2, "without a hat", "with a hat", func(p *Portrait) *bool { return &p.WearingHat }),
	flag("Wearing_Earrings", 0.3, "without earrings", "with earrings", func(p *Portrait) *bool { return &p.WearingEarrings }),
	flag("Wearing_Lipstick", 0.3, "without lipstick", "with lipstick", func(p *Portrait) *bool { return &p.WearingLipstick }),
	flag("Heavy_Makeup", 0.25, "without makeup", "with makeup", func(p *Portrait) *bool { return &p.HeavyMakeup }),
	flag("Rosy_Cheeks", 0.3, "without rosy cheeks", "with rosy cheeks", func(p *Portrait) *bool { return &p.RosyCheeks }),
	flag("Bangs", 0.4, "without bangs", "with bangs", func(p *Portrait) *bool { return &p.Bangs }),
	flag("Long_Hair", 0.5, "with short hair", "with long hair", func(p *Portrait) *bool { return &p.LongHair }),
	flag("Bushy_Eyebrows", 0.3, "with thin eyebrows", "with bushy eyebrows", func(p *Portrait) *bool { return &p.BushyEyebrows }),
	several("Hair_Color", hairColors, func(p *Portrait) *HairColor { return &p.HairColor }),
	several("Gaze", gazes, func(p *Portrait) *Gaze { return &p.Gaze }),
	several("Background", backgrounds, func(p *Portrait) *Background { return &p.Background }),
	several("Lighting", lightings, func(p *Portrait) *Lighting { return &p.Lighting }),
}

// Attributes lists the names of all attributes.
func Attributes() []string {
	names := make([]string, len(attributes))
	for i, a := range attributes {
		names[i] = a.name
	}
	return names
}

// Factors lists the attributes with their values.
func Factors() []datasets.Factor {
	all := make([]datasets.Factor, len(attributes))
	for i, a := range attributes {
		all[i] = datasets.Factor{Name: a.name, Values: slices.Clone(a.values)}
	}
	return all
}

// Values lists the values of an attribute, "no" and "yes" of most; nil of an unknown one.
func Values(name string) []string {
	if a, err := find(name); err == nil {
		return slices.Clone(a.values)
	}
	return nil
}

func find(name string) (attribute, error) {
	for _, a := range attributes {
		if a.name == name {
			return a, nil
		}
	}
	return attribute{}, fmt.Errorf("faces: no attribute %q; legal are %q", name, Attributes())
}

// With is the true counterfactual: the same portrait with one attribute changed. An unknown attribute or value is an error.
func (p Portrait) With(name, value string) (Portrait, error) {
	a, err := find(name)
	if err != nil {
		return p, err
	}
	at := slices.Index(a.values, value)
	if at < 0 {
		return p, fmt.Errorf("faces: %s is never %q; its values are %q", name, value, a.values)
	}
	a.set(&p, at)
	return p, nil
}

// Values gives the values of all attributes.
func (p Portrait) Values() map[string]string {
	values := map[string]string{}
	for _, a := range attributes {
		values[a.name] = a.values[a.get(&p)]
	}
	return values
}

// DefaultTask is the attribute that is the class where none is named.
const DefaultTask = "Smiling"

// Options say which portraits are drawn.
type Options struct {
	// Task is the attribute of two values that is the class; empty is [DefaultTask].
	Task string
	// People, if over 0, is how many identities there are, over and over again; else every portrait is somebody else.
	People int
	// Bias makes attributes follow the class.
	Bias []datasets.Bias
}

func (o Options) task() (attribute, error) {
	a, err := find(cmp.Or(o.Task, DefaultTask))
	if err == nil && len(a.values) != 2 {
		err = fmt.Errorf("faces: %s has %d values; a task is an attribute of two", a.name, len(a.values))
	}
	return a, err
}

// Validate reports a task that is none, a negative number of people, and a bias that can't be planted.
func (o Options) Validate() error {
	task, err := o.task()
	if err != nil {
		return err
	}
	if o.People < 0 {
		return fmt.Errorf("faces: %d people; legal is 1 or more, 0 for somebody else in every portrait", o.People)
	}
	factors := map[string][]string{}
	for _, a := range attributes {
		if a.name != task.name {
			factors[a.name] = a.values
		}
	}
	return datasets.ValidateBiases(o.Bias, task.words[:], factors)
}

// Draw draws portrait number index of a seed. It depends on nothing but its arguments. Options must be valid.
func Draw(seed uint64, index int, o Options) Portrait {
	person := index
	if o.People > 0 {
		person = index % o.People
	}
	rng := rand.New(rand.NewPCG(seed, paint.Hash(0xface, index, 0)))
	p := Portrait{Identity: drawIdentity(rand.New(rand.NewPCG(seed, paint.Hash(0xbe1f, person, 0))))}
	for _, a := range attributes {
		value := rng.IntN(len(a.values))
		if a.share > 0 {
			value = 0
			if rng.Float64() < a.share {
				value = 1
			}
		}
		a.set(&p, value)
	}
	p.X, p.Y, p.Tilt = paint.Mix(-3, 3, rng.Float64()), paint.Mix(-2, 3, rng.Float64()), paint.Mix(-0.014, 0.014, rng.Float64())
	if task, err := o.task(); err == nil {
		p.plant(o.Bias, task, rng)
	}
	return p
}

func drawIdentity(rng *rand.Rand) Identity {
	var i Identity
	for _, v := range []*float64{&i.Width, &i.Length, &i.Jaw, &i.EyeDistance, &i.EyeSize, &i.EyeTilt, &i.BrowHeight, &i.NoseLength,
		&i.NoseSize, &i.MouthWidth, &i.Lips, &i.Ears, &i.Skin, &i.Eyes, &i.Clothes, &i.Hairline, &i.Wave} {
		*v = rng.Float64()
	}
	i.Seed = rng.Uint64()
	return i
}

// plant lets the biases overrule what was drawn.
func (p *Portrait) plant(biases []datasets.Bias, task attribute, rng *rand.Rand) {
	for _, b := range biases {
		factor, value := b.Split()
		a, err := find(factor)
		if err != nil {
			continue // Validate has told
		}
		inClass := task.words[task.get(p)] == b.Class
		a.set(p, b.Choose(inClass, value, a.values[a.get(p)], a.values, rng))
	}
}
