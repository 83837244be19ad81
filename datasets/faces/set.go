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
	split datasets.Split
	seed  uint64
	n     int
	o     Options
	task  attribute
}

var _ datasets.World = (*Set)(nil)

// New makes a split of the world of a seed. Biases are planted in the training split only: the test split shows what
// they did. People of the two splits are different ones.
func New(split datasets.Split, seed uint64, o Options) (*Set, error) {
	n, err := datasets.WorldLen("faces", split)
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
	if split == datasets.Test {
		o.Bias = nil
		seed = ^seed
	}
	return &Set{split: split, seed: seed, n: n, o: o, task: task}, nil
}

// Name is "faces".
func (s *Set) Name() string { return "faces" }

// Task is the attribute that is the class.
func (s *Set) Task() string { return s.task.name }

// Classes says the task's two values in words, without the attribute first; see [datasets.Dataset].
func (s *Set) Classes() []string { return slices.Clone(s.task.words[:]) }

// Len is the number of portraits.
func (s *Set) Len() int { return s.n }

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
	if i < 0 || i >= s.n {
		return Portrait{}, fmt.Errorf("no portrait %d in the faces' %s split: it has portraits 0 to %d", i, s.split, s.n-1)
	}
	return Draw(s.seed, i, s.o), nil
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
	return datasets.Sample{Image: r.Image, Label: s.task.get(&p), ID: fmt.Sprintf("faces/%s/%06d", s.split, i), Subject: r.Person}, nil
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
	return datasets.Truth{Image: changed.Image, Object: drawn.Person, Decisive: Region(p.Render().Image, changed.Image)}, nil
}

// Factors gives the attributes of portrait i, the task's left out.
func (s *Set) Factors(i int) (map[string]string, error) {
	p, err := s.Portrait(i)
	if err != nil {
		return nil, err
	}
	factors := p.Factors()
	delete(factors, s.task.name)
	return factors, nil
}

// visible is the channel difference, of 255, from which on two pixels count as different.
const visible = 4

// Mask is the region in which an attribute shows: where the portrait looks different with another of its values. 255
// inside, 0 outside.
func (p Portrait) Mask(name string) (*image.Gray, error) {
	a, err := find(name)
	if err != nil {
		return nil, err
	}
	other := p
	a.set(&other, (a.get(&p)+1)%len(a.values))
	return Region(p.Render().Image, other.Render().Image), nil
}

// Region is where two pictures of one size look different: 255 inside, 0 outside.
func Region(a, b *image.NRGBA) *image.Gray {
	region := image.NewGray(a.Rect)
	for i, pixel := 0, 0; i < len(region.Pix); i, pixel = i+1, pixel+4 {
		for c := pixel; c < pixel+3; c++ {
			if d := int(a.Pix[c]) - int(b.Pix[c]); d >= visible || -d >= visible {
				region.Pix[i] = 255
			}
		}
	}
	return region
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
