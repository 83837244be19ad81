package savanna

import (
	"fmt"
	"slices"

	"otherwise/datasets"
)

// Set is one split of the world, drawn as it is asked for. It implements [datasets.World]; its methods may be called from
// several goroutines at once.
type Set struct {
	split datasets.Split
	seed  uint64
	n     int
	o     Options
}

var _ datasets.World = (*Set)(nil)

// New makes a split of the world of a seed. Biases are planted in the training split only: the test split shows what
// they did.
func New(split datasets.Split, seed uint64, o Options) (*Set, error) {
	n, err := datasets.WorldLen("savanna", split)
	if err != nil {
		return nil, err
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if split == datasets.Test {
		o.Bias = nil
		seed = ^seed // other scenes than those of the training split
	}
	return &Set{split: split, seed: seed, n: n, o: o}, nil
}

// Name is "savanna".
func (s *Set) Name() string { return "savanna" }

// Classes gives the six animals; see [datasets.Dataset].
func (s *Set) Classes() []string { return slices.Clone(classNames) }

// Len is the number of scenes.
func (s *Set) Len() int { return s.n }

// Label gives the class of scene i; -1 unless 0 <= i < Len().
func (s *Set) Label(i int) int {
	if i < 0 || i >= s.n {
		return -1
	}
	return i % len(classNames)
}

// Scene gives scene i.
func (s *Set) Scene(i int) (Scene, error) {
	if i < 0 || i >= s.n {
		return Scene{}, fmt.Errorf("no scene %d in the savanna's %s split: it has scenes 0 to %d", i, s.split, s.n-1)
	}
	return Draw(s.seed, i, s.o), nil
}

// Sample renders scene i; its ID is such as "savanna/test/000017".
func (s *Set) Sample(i int) (datasets.Sample, error) {
	scene, err := s.Scene(i)
	if err != nil {
		return datasets.Sample{}, err
	}
	r := scene.Render()
	return datasets.Sample{Image: r.Image, Label: int(scene.Class), ID: fmt.Sprintf("savanna/%s/%06d", s.split, i), Subject: r.Object}, nil
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

// Factors gives the named factors of scene i.
func (s *Set) Factors(i int) (map[string]string, error) {
	scene, err := s.Scene(i)
	if err != nil {
		return nil, err
	}
	return scene.Factors(), nil
}

// Partner is the animal of the other coat; see [Class.Partner].
func (s *Set) Partner(class int) int { return int(Class(class).Partner()) }

// Describe gives scene i; see [datasets.World].
func (s *Set) Describe(i int) (any, error) { return s.Scene(i) }
