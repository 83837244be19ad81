package classify

import (
	"slices"
	"testing"
)

func TestImageNetClasses(t *testing.T) {
	names := ImageNetClasses()
	if len(names) != 1000 {
		t.Fatalf("%d names", len(names))
	}
	for i, want := range map[int]string{0: "tench", 281: "tabby", 285: "Egyptian cat", 340: "zebra", 967: "espresso", 999: "toilet tissue"} {
		if names[i] != want {
			t.Errorf("class %d is %q, want %q", i, names[i], want)
		}
	}
}

func TestWordNetIDs(t *testing.T) {
	ids := ImageNetWordNetIDs()
	if len(ids) != 1000 || ids[0] != "n01440764" || ids[340] != "n02391049" {
		t.Errorf("%d ids, the first %s, zebra's %s", len(ids), ids[0], ids[340])
	}
	if !slices.IsSorted(ids) {
		t.Error("ImageNet's classes are in the order of their ids")
	}
}
