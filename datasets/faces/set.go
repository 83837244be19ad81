package faces

import (
	"fmt"
	"image"
	"slices"

	"otherwise/datasets"
)

// Set is one split of the world for one task, drawn as it is asked for. It implements [datasets.World]; its methods may be
// called from several goroutines at once.
type Set struct {
	datasets.Part
	o    Options
	task attribute
}

var _ datasets.World = (*Set)(nil)

// New makes a split of the world of a seed. Biases are planted but for the test split, which shows what they did. People
// of the training split don't come again in the others.
func New(split datasets.Split, seed uint64, o Options) (*Set, error) {
	part, err := datasets.NewPart("faces", split, seed)
	if err != nil {
		return nil, err
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	task, err := o.task()
	if err != nil {
		return nil, err
	}
	o.Bias = part.Planted(o.Bias)
	return &Set{part, o, task}, nil
}

// Task is the attribute that is the class.
func (s *Set) Task() string { return s.task.name }

// Classes says the task's two values in words, without the attribute first; see [datasets.Dataset].
func (s *Set) Classes() []string { return slices.Clone(s.task.words[:]) }

// Label gives the class of portrait i; -1 unless 0 <= i < Len().
func (s *Set) Label(i int) int {
	p, err := s.Portrait(i)
	if err != nil {
		return -1
	}
	return s.task.get(&p)
}

// Portrait gives portrait i.
func (s *Set) Portrait(i int) (Portrait, error) {
	if err := s.Check(i); err != nil {
		return Portrait{}, err
	}
	return Draw(s.Seed(), i, s.o), nil
}

// Caption describes portrait i in words.
func (s *Set) Caption(i int) (string, error) {
	p, err := s.Portrait(i)
	if err != nil {
		return "", err
	}
	return p.Caption(i), nil
}

// Sample renders portrait i; its ID is such as "faces/test/000017".
func (s *Set) Sample(i int) (datasets.Sample, error) {
	p, err := s.Portrait(i)
	if err != nil {
		return datasets.Sample{}, err
	}
	r := p.Render()
	return datasets.Sample{Image: r.Image, Label: s.task.get(&p), ID: s.ID(i), Subject: r.Person}, nil
}

// Truth renders portrait i with the task's attribute as in a class. What decides is where the two values look different.
func (s *Set) Truth(i, class int) (datasets.Truth, error) {
	p, err := s.Portrait(i)
	if err != nil {
		return datasets.Truth{}, err
	}
	if class < 0 || class >= len(s.task.values) {
		return datasets.Truth{}, fmt.Errorf("no class %d of %s: legal are 0 and 1", class, s.task.name)
	}
	here, there := p, p
	s.task.set(&there, class)
	s.task.set(&p, 1-class)
	drawn, changed := here.Render(), there.Render()
	return datasets.Truth{Image: changed.Image, Object: drawn.Person, Decisive: datasets.Region(p.Render().Image, changed.Image)}, nil
}

// Factors lists the attributes; see [Factors].
func (s *Set) Factors() []datasets.Factor { return Factors() }

// Values gives the values of portrait i's attributes.
func (s *Set) Values(i int) ([]int, error) {
	p, err := s.Portrait(i)
	if err != nil {
		return nil, err
	}
	values := make([]int, len(attributes))
	for k, a := range attributes {
		values[k] = a.get(&p)
	}
	return values, nil
}

// Shows is where an attribute shows in portrait i; see [Portrait.Mask].
func (s *Set) Shows(i int, name string) (*image.Gray, error) {
	p, err := s.Portrait(i)
	if err != nil {
		return nil, err
	}
	return p.Mask(name)
}

// Mask is the region in which an attribute shows: where the portrait looks different with another of its values. 255
// inside, 0 outside.
func (p Portrait) Mask(name string) (*image.Gray, error) {
	a, err := find(name)
	if err != nil {
		return nil, err
	}
	here := p.Render().Image
	shows := image.NewGray(here.Rect)
	for v := range a.values {
		a.set(&p, v)
		shows = datasets.Union(shows, datasets.Region(here, p.Render().Image))
	}
	return shows, nil
}

// Partner is the other value of the task's attribute.
func (s *Set) Partner(class int) int { return 1 - class }

// Described is a portrait with its caption.
type Described struct {
	Portrait Portrait `json:"portrait"`
	Caption  string   `json:"caption"`
}

// Describe gives portrait i with its caption.
func (s *Set) Describe(i int) (any, error) {
	p, err := s.Portrait(i)
	if err != nil {
		return nil, err
	}
	return Described{Portrait: p, Caption: p.Caption(i)}, nil
}
