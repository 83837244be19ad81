package classify

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// WordNet's hierarchy above ImageNet's classes, with its licence: made by internal/wordnet.
//
//go:embed imagenet_wordnet.tsv
var imageNetWordNet string

// imageNetDistances are the lengths of the shortest ways between ImageNet's classes.
var imageNetDistances = sync.OnceValue(func() [][]int {
	parents := map[string][]string{}
	for line := range strings.Lines(imageNetWordNet) {
		if !strings.HasPrefix(line, "#") {
			id, above, _ := strings.Cut(strings.TrimSpace(line), "\t")
			parents[id] = strings.Fields(above)
		}
	}
	var climbs []map[string]int
	for _, id := range ImageNetWordNetIDs() {
		climbs = append(climbs, climb(id, parents))
	}
	distances := make([][]int, len(climbs))
	for i := range distances {
		distances[i] = make([]int, len(climbs))
		for j := range i {
			distances[i][j] = meeting(climbs[i], climbs[j])
			distances[j][i] = distances[i][j]
		}
	}
	return distances
})

// climb is how many steps up each synset above one is, itself included.
func climb(id string, parents map[string][]string) map[string]int {
	steps := map[string]int{id: 0}
	for level := []string{id}; len(level) > 0; {
		var next []string
		for _, at := range level {
			for _, p := range parents[at] {
				if _, been := steps[p]; !been {
					steps[p] = steps[at] + 1
					next = append(next, p)
				}
			}
		}
		level = next
	}
	return steps
}

// meeting is the length of the shortest way up to a common synset and down again. All nouns meet in one.
func meeting(a, b map[string]int) int {
	best := -1
	for id, up := range a {
		if down, common := b[id]; common && (best < 0 || up+down < best) {
			best = up + down
		}
	}
	return best
}

// WordNetDistance is the number of steps of the shortest way between two classes of ImageNet, numbered as in [ImageNetClasses], over
// what both are kinds of in WordNet 3.0. Leacock and Chodorow's similarity, by which LDCE's public code sorts, falls with it.
func WordNetDistance(a, b int) (int, error) {
	d := imageNetDistances()
	if a < 0 || a >= len(d) || b < 0 || b >= len(d) {
		return 0, fmt.Errorf("classes %d and %d: ImageNet's are 0 to %d", a, b, len(d)-1)
	}
	return d[a][b], nil
}

// WordNetNeighbours lists the n classes of ImageNet that are nearest to a class by [WordNetDistance], the nearest first; of equally
// near ones the lower number comes first.
func WordNetNeighbours(class, n int) ([]int, error) {
	d := imageNetDistances()
	if class < 0 || class >= len(d) || n < 1 || n >= len(d) {
		return nil, fmt.Errorf("%d neighbours of class %d: ImageNet has classes 0 to %d", n, class, len(d)-1)
	}
	others := make([]int, 0, len(d)-1)
	for i := range d {
		if i != class {
			others = append(others, i)
		}
	}
	slices.SortStableFunc(others, func(a, b int) int { return cmp.Compare(d[class][a], d[class][b]) })
	return others[:n], nil
}
