package datasets

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxListed is how many classes an error lists in full; a data set with more (ImageNet) gets the nearest names only.
const maxListed = 20

// ClassByName finds the class that a user meant: its name (whatever the case, spaces and hyphens), one of several names
// joined by "/" or "," ("T-shirt" for "T-shirt/top", "tabby" for "tabby, tabby cat"), or its number "0" to
// "len(classes)-1". The result is an index into classes.
//
// An unknown name is an error that says the nearest names and the legal ones; so is a name that several classes bear.
func ClassByName(name string, classes []string) (int, error) {
	if len(classes) == 0 {
		return 0, fmt.Errorf("class %q asked for, but there are no classes", name)
	}
	// From the strictest reading to the laxest, so that a class can always be reached by its full name.
	readings := []func(class string) bool{
		func(class string) bool { return class == name },
		func(class string) bool { return fold(class) == fold(name) },
		func(class string) bool { return slices.Contains(foldAll(synonyms(class)), fold(name)) },
	}
	for _, means := range readings {
		switch found := indicesWhere(classes, means); len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return 0, fmt.Errorf("class %q may be any of the classes number %s: give the number", name, joinInts(found))
		}
	}
	if i, err := strconv.Atoi(strings.TrimSpace(name)); err == nil {
		if i < 0 || i >= len(classes) {
			return 0, fmt.Errorf("no class number %d: the classes are %s", i, legal(classes))
		}
		return i, nil
	}
	return 0, fmt.Errorf("no class %q: the nearest are %s; the classes are %s",
		name, quoteAll(NearestNames(name, classes, 3)), legal(classes))
}

// NearestNames gives the n classes (fewer if there are fewer) whose names are nearest to name, the nearest first.
// Distance is the number of letters to insert, delete or replace, whatever the case, spaces and hyphens; of a name of
// several words the nearest word counts too, one letter further away than the whole, so that "boot" finds "Ankle boot".
// Equally distant classes stay in their order. Each name is given once.
func NearestNames(name string, classes []string, n int) []string {
	type candidate struct {
		class    string
		distance int
	}
	var candidates []candidate
	seen := map[string]bool{}
	for _, class := range classes {
		if !seen[class] {
			seen[class] = true
			candidates = append(candidates, candidate{class, distance(name, class)})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	nearest := []string{}
	for _, c := range candidates[:min(max(n, 0), len(candidates))] {
		nearest = append(nearest, c.class)
	}
	return nearest
}

// distance is the edit distance of name to the class, to one of its synonyms, or (plus one) to one of its words.
func distance(name, class string) int {
	name = fold(name)
	best := levenshtein.ComputeDistance(name, fold(class))
	for _, synonym := range synonyms(class) {
		best = min(best, levenshtein.ComputeDistance(name, fold(synonym)))
		for _, word := range strings.Fields(synonym) {
			best = min(best, levenshtein.ComputeDistance(name, fold(word))+1)
		}
	}
	return best
}

// fold maps spellings of one name to one string.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\n-_", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

func foldAll(names []string) []string {
	folded := make([]string, len(names))
	for i, name := range names {
		folded[i] = fold(name)
	}
	return folded
}

// synonyms splits a class's name where it joins several: Fashion-MNIST writes "T-shirt/top", ImageNet "tabby, tabby cat".
func synonyms(class string) []string {
	return strings.FieldsFunc(class, func(r rune) bool { return r == '/' || r == ',' })
}

func indicesWhere(classes []string, means func(string) bool) []int {
	var found []int
	for i, class := range classes {
		if means(class) {
			found = append(found, i)
		}
	}
	return found
}

// legal lists the classes for an error.
func legal(classes []string) string {
	numbers := fmt.Sprintf("(or their numbers 0 to %d)", len(classes)-1)
	if len(classes) <= maxListed {
		return quoteAll(classes) + " " + numbers
	}
	return fmt.Sprintf("%s and %d more %s", quoteAll(classes[:maxListed]), len(classes)-maxListed, numbers)
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}

func joinInts(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ", ")
}
