package savanna

import (
	"fmt"
	"image"
	"slices"

	"otherwise/datasets"
)

// Set is one split of the world, drawn as it is asked for. It implements [datasets.World]; its methods may be called from
// several goroutines at once.
type Set struct {
	datasets.Part
	o Options
}

var _ datasets.World = (*Set)(nil)

// New makes a split of the world of a seed. Biases are planted but for the test split, which shows what they did.
func New(split datasets.Split, seed uint64, o Options) (*Set, error) {
	part, err := datasets.NewPart("savanna", split, seed)
	if err != nil {
		return nil, err
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.Bias = part.Planted(o.Bias)
	return &Set{part, o}, nil
}

// Classes gives the six animals; see [datasets.Dataset].
func (s *Set) Classes() []string { return slices.Clone(classNames) }

// Task is "animal".
func (s *Set) Task() string { return task }

// Factors lists the factors of all scenes; see [Factors].
func (s *Set) Factors() []datasets.Factor { return Factors() }

// Label gives the class of scene i; -1 unless 0 <= i < Len().
func (s *Set) Label(i int) int {
	if s.Check(i) != nil {
		return -1
	}
	return i % len(classNames)
}

// Scene gives scene i.
func (s *Set) Scene(i int) (Scene, error) {
	if err := s.Check(i); err != nil {
		return Scene{}, err
	}
	return Draw(s.Seed(), i, s.o), nil
}

// Sample renders scene i; its ID is such as "savanna/test/000017".
func (s *Set) Sample(i int) (datasets.Sample, error) {
	scene, err := s.Scene(i)
	if err != nil {
		return datasets.Sample{}, err
	}
	r := scene.Render()
	return datasets.Sample{Image: r.Image, Label: int(scene.Class), ID: s.ID(i), Subject: r.Object}, nil
}

// Truth renders scene i as another class.
func (s *Set) Truth(i, class int) (datasets.Truth, error) {
	scene, err := s.Scene(i)
	if err != nil {
		return datasets.Truth{}, err
	}
	if class < 0 || class >= len(classNames) {
		return datasets.Truth{}, fmt.Errorf("no class %d in the savanna: legal are 0 to %d", class, len(classNames)-1)
	}
	here, there := scene.Render(), scene.As(Class(class)).Render()
	return datasets.Truth{Image: there.Image, Object: here.Object, Decisive: datasets.Union(here.Coat, there.Coat)}, nil
}

// Values gives the values of scene i's factors.
func (s *Set) Values(i int) ([]int, error) {
	scene, err := s.Scene(i)
	if err != nil {
		return nil, err
	}
	values := make([]int, len(factors))
	for k, f := range factors {
		values[k] = f.get(&scene)
	}
	return values, nil
}

// Shows is where a factor shows in scene i, whichever other value it might have.
func (s *Set) Shows(i int, name string) (*image.Gray, error) {
	f, err := find(name)
	if err != nil {
		return nil, err
	}
	scene, err := s.Scene(i)
	if err != nil {
		return nil, err
	}
	here := scene.Render().Image
	shows := image.NewGray(here.Rect)
	for v := range f.Values {
		f.set(&scene, v)
		shows = datasets.Union(shows, datasets.Region(here, scene.Render().Image))
	}
	return shows, nil
}

// Partner is the animal of the other coat; see [Class.Partner].
func (s *Set) Partner(class int) int { return int(Class(class).Partner()) }

// Describe gives scene i; see [datasets.World].
func (s *Set) Describe(i int) (any, error) { return s.Scene(i) }
