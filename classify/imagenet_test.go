package classify

import "testing"

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
