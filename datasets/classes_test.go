package datasets

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var garments = []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}

func TestClassByName(t *testing.T) {
	tests := []struct {
		name string
		want int
	}{
		{"Coat", 4},
		{"coat", 4},
		{" ankle-boot ", 9},
		{"Ankle_Boot", 9},
		{"ankleboot", 9},
		{"T-shirt/top", 0},
		{"tshirt", 0},
		{"top", 0},
		{"shirt", 6},
		{"0", 0},
		{"9", 9},
	}
	for _, test := range tests {
		got, err := ClassByName(test.name, garments)
		if err != nil || got != test.want {
			t.Errorf("ClassByName(%q) = %d, %v; want %d", test.name, got, err, test.want)
		}
	}
}

func TestClassByNamePrefersNamesToNumbers(t *testing.T) {
	got, err := ClassByName("1", []string{"1", "0"})
	if err != nil || got != 0 {
		t.Errorf("got %d, %v; want class 0, which is named 1", got, err)
	}
}

func TestClassByNamePrefersFullNameToSynonym(t *testing.T) {
	got, err := ClassByName("crane", []string{"crane, bird", "crane"})
	if err != nil || got != 1 {
		t.Errorf("got %d, %v; want 1", got, err)
	}
}

func TestClassByNameErrors(t *testing.T) {
	thousand := make([]string, 1000)
	for i := range thousand {
		thousand[i] = fmt.Sprintf("kind%c%03d", 'a'+i%26, i)
	}
	tests := []struct {
		name    string
		classes []string
		want    []string // parts of the message
	}{
		{"sneeker", garments, []string{`no class "sneeker"`, `nearest are "Sneaker"`, `"Ankle boot"`, "0 to 9"}},
		{"boot", garments, []string{`nearest are "Ankle boot"`}},
		{"", garments, []string{`no class ""`}},
		{"10", garments, []string{"no class number 10", "0 to 9"}},
		{"-1", garments, []string{"no class number -1"}},
		{"1e3", garments, []string{`no class "1e3"`}},
		{"Coat", nil, []string{"there are no classes"}},
		{"crane", []string{"crane", "heron", "crane"}, []string{"number 0, 2", "give the number"}},
		{"zebra", thousand, []string{"and 980 more", "0 to 999"}},
	}
	for _, test := range tests {
		_, err := ClassByName(test.name, test.classes)
		if err == nil {
			t.Errorf("ClassByName(%q): no error", test.name)
			continue
		}
		for _, part := range test.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("ClassByName(%q): %q does not say %q", test.name, err, part)
			}
		}
	}
}

func TestNearestNames(t *testing.T) {
	tests := []struct {
		name string
		n    int
		want []string
	}{
		{"sneakr", 1, []string{"Sneaker"}},
		{"ANKLE BOOTS", 1, []string{"Ankle boot"}},
		{"boat", 2, []string{"Coat", "Bag"}},
		{"shirts", 2, []string{"Shirt", "T-shirt/top"}},
		{"coat", 0, []string{}},
		{"coat", -3, []string{}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, NearestNames(test.name, garments, test.n)); diff != "" {
			t.Errorf("NearestNames(%q, %d) (-want +got):\n%s", test.name, test.n, diff)
		}
	}
	if got := NearestNames("x", garments, 99); len(got) != len(garments) {
		t.Errorf("asked for 99 of %d names, got %d", len(garments), len(got))
	}
	if diff := cmp.Diff([]string{"crane", "heron"}, NearestNames("crane", []string{"crane", "heron", "crane"}, 3)); diff != "" {
		t.Errorf("a name that two classes bear (-want +got):\n%s", diff)
	}
}
