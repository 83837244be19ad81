package datasets

import (
	"fmt"
	"image"
)

// Split is a part of a data set.
type Split string

const (
	Train Split = "train" // to learn from
	Test  Split = "test"  // to judge by
)

// Labelled is a data set that knows a sample's class without reading its picture.
type Labelled interface {
	Dataset
	// Label is the class of sample i, an index into Classes; -1 unless 0 <= i < Len().
	Label(i int) int
}

// World is a procedural data set, in which the true counterfactual is known.
type World interface {
	Labelled
	// Truth tells what sample i would be like in another class, or in its own.
	Truth(i, class int) (Truth, error)
	// Partner is the class whose true counterfactual is asked for where none is named: the one that differs least.
	Partner(class int) int
	// Describe gives everything that sample i depends on, to be written as JSON.
	Describe(i int) (any, error)
	// Factors gives the values of sample i's named factors, those that decide its class left out.
	Factors(i int) (map[string]string, error)
}

// Truth is what a world knows about a sample and its counterfactual. All pictures have the sample's size.
type Truth struct {
	// Image is the true counterfactual: the same sample in the class asked for.
	Image *image.NRGBA
	// Object is how much of each pixel the sample's subject covers, 0 to 255.
	Object *image.Gray
	// Decisive is the region that tells the sample's class from the class asked for, 0 to 255: where either of the two
	// pictures has what decides.
	Decisive *image.Gray
}

// Sizes of the splits of procedural worlds, which are drawn as they are asked for: more than anybody learns from.
const (
	WorldTrain = 1_000_000
	WorldTest  = 10_000
)

// WorldLen is the number of samples of a world's split. Another split is an error.
func WorldLen(world string, split Split) (int, error) {
	switch split {
	case Train:
		return WorldTrain, nil
	case Test:
		return WorldTest, nil
	}
	return 0, fmt.Errorf("no split %q of %s: the splits are %q and %q", string(split), world, Train, Test)
}

// Union is the larger of two masks of one size at each pixel.
func Union(a, b *image.Gray) *image.Gray {
	u := image.NewGray(a.Rect)
	for i := range u.Pix {
		u.Pix[i] = max(a.Pix[i], b.Pix[i])
	}
	return u
}
