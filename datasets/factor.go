package datasets

import (
	"fmt"
	"image"
)

// Factor is a property of a world's samples that has one of several named values.
type Factor struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// FactorNamed finds a factor's number; an unknown name is an error that lists the legal ones.
func FactorNamed(name string, factors []Factor) (int, error) {
	names := make([]string, len(factors))
	for i, f := range factors {
		if f.Name == name {
			return i, nil
		}
		names[i] = f.Name
	}
	return 0, fmt.Errorf("no factor %q; legal are %s", name, quoteAll(names))
}

// Outputs is the number of values of all factors together: the outputs of a network that tells them.
func Outputs(factors []Factor) int {
	n := 0
	for _, f := range factors {
		n += len(f.Values)
	}
	return n
}

// NamedValues gives the values of a sample's factors by name, that of the class left out: what a true counterfactual
// leaves as it is.
func NamedValues(world World, i int) (map[string]string, error) {
	values, err := world.Values(i)
	if err != nil {
		return nil, err
	}
	named := map[string]string{}
	for k, f := range world.Factors() {
		if f.Name != world.Task() {
			named[f.Name] = f.Values[values[k]]
		}
	}
	return named, nil
}

// visible is the channel difference, of 255, from which on two pixels count as different.
const visible = 4

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

// Union is the larger of two masks of one size at each pixel.
func Union(a, b *image.Gray) *image.Gray {
	u := image.NewGray(a.Rect)
	for i := range u.Pix {
		u.Pix[i] = max(a.Pix[i], b.Pix[i])
	}
	return u
}
