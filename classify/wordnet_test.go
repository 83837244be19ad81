package classify_test

import (
	"slices"
	"testing"

	"otherwise/classify"
)

// The distances are those of NLTK 3.8.1 (shortest_path_distance) on WordNet 3.0.
func TestWordNetDistances(t *testing.T) {
	for _, c := range []struct{ a, b, want int }{
		{340, 340, 0},                               // zebra
		{340, 339, 3},                               // sorrel: a horse, which is an equine as the zebra
		{0, 1, 2},                                   // tench and goldfish: both are cyprinids
		{151, 281, 5},                               // Chihuahua and tabby: dog and domestic cat are domestic animals
		{743, 406, 6}, {743, 437, 7}, {743, 582, 8}, // prison; altar, beacon, grocery store
	} {
		for _, pair := range [][2]int{{c.a, c.b}, {c.b, c.a}} {
			if got, err := classify.WordNetDistance(pair[0], pair[1]); err != nil || got != c.want {
				t.Errorf("%v: %d steps (%v), want %d", pair, got, err, c.want)
			}
		}
	}
}

// LDCE's public code (MIT licence) stores four near classes of each. Equally near ones stand in another order there, and for some
// classes, such as 743, the list isn't what its own script makes, which sorts by Leacock and Chodorow's similarity.
func TestWordNetNeighboursAreLDCEs(t *testing.T) {
	for class, public := range map[int][4]int{
		0: {1, 390, 391, 394}, 69: {79, 70, 71, 72}, 151: {154, 153, 158, 152}, 217: {218, 216, 215, 219}, 283: {285, 282, 284, 281},
		293: {290, 292, 288, 289}, 340: {339, 344, 355, 354}, 389: {391, 390, 4, 5}, 404: {895, 405, 417, 812}, 437: {406, 506, 562, 873},
		559: {423, 765, 857, 861}, 671: {444, 670, 870, 880}, 817: {407, 436, 468, 511},
		843: {600, 850, 571, 476}, 924: {960, 959, 961, 935},
	} {
		ours, err := classify.WordNetNeighbours(class, 4)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := steps(t, class, ours), steps(t, class, public[:]); !slices.Equal(got, want) {
			t.Errorf("class %d: ours %v at %v, LDCE's %v at %v", class, ours, got, public, want)
		}
	}
}

func steps(t *testing.T, class int, others []int) (all []int) {
	t.Helper()
	for _, other := range others {
		d, err := classify.WordNetDistance(class, other)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

func TestWordNetRefuses(t *testing.T) {
	if _, err := classify.WordNetDistance(0, 1000); err == nil {
		t.Error("class 1000 was accepted")
	}
	for _, c := range [][2]int{{-1, 5}, {1000, 5}, {3, 0}, {3, 1000}} {
		if _, err := classify.WordNetNeighbours(c[0], c[1]); err == nil {
			t.Errorf("%d neighbours of %d were accepted", c[1], c[0])
		}
	}
}
