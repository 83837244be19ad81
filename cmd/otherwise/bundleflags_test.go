package main

import (
	"testing"

	"otherwise/bundle"
)

// A bundle that the user names counts; else the data set's own, if there is one.
func TestBundleOfADataSet(t *testing.T) {
	for _, c := range []struct{ named, dataset, want string }{
		{"", "fashion", "fashion"},
		{"", "", bundle.Default},
		{"", "imagenet", bundle.Default},
		{"models/mine", "fashion", "models/mine"},
	} {
		if got := (bundleFlags{name: c.named}).of(c.dataset).name; got != c.want {
			t.Errorf("bundle %q, data set %q: got %s, want %s", c.named, c.dataset, got, c.want)
		}
	}
}
