package datasets

import "fmt"

// Sizes of the splits of procedural worlds, which are drawn as they are asked for: more than anybody learns from.
const (
	WorldTrain = 1_000_000
	WorldTest  = 10_000
)

// Part is one split of a procedural world: how many samples it has, and the seed that they are drawn of. Worlds embed it.
type Part struct {
	world string
	split Split
	seed  uint64
}

// NewPart makes a split of the world of a seed; test and training samples are different ones. Another split is an error.
func NewPart(world string, split Split, seed uint64) (Part, error) {
	switch split {
	case Train:
		return Part{world, split, seed}, nil
	case Test, BiasedTest:
		return Part{world, split, ^seed}, nil
	}
	return Part{}, fmt.Errorf("no split %q of %s: the splits are %q, %q and %q", string(split), world, Train, Test, BiasedTest)
}

// Name is the world's name.
func (p Part) Name() string { return p.world }

// Len is the number of samples.
func (p Part) Len() int {
	if p.split == Train {
		return WorldTrain
	}
	return WorldTest
}

// Seed is what the split's samples are drawn of.
func (p Part) Seed() uint64 { return p.seed }

// Planted is what is left of biases in the split: none in the test split, which shows what they did.
func (p Part) Planted(biases []Bias) []Bias {
	if p.split == Test {
		return nil
	}
	return biases
}

// ID names sample i, such as "savanna/test/000017".
func (p Part) ID(i int) string { return fmt.Sprintf("%s/%s/%06d", p.world, p.split, i) }

// Check reports a number that no sample has.
func (p Part) Check(i int) error {
	if i < 0 || i >= p.Len() {
		return fmt.Errorf("no sample %d in the %s split of %s: it has samples 0 to %d", i, p.split, p.world, p.Len()-1)
	}
	return nil
}
