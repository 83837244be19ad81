package weights

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otherwise/datasets"
)

func TestBundleOfSeveralClassifiers(t *testing.T) {
	b, tensors := testBundle()
	network := b.networkNames()[0]
	b.Task = "age"
	b.Classifiers = []Classifier{{Name: "biased", Network: network, Task: "age", Classes: []string{"old", "young"}, Prompt: "a {} face",
		Bias: []datasets.Bias{{Factor: "hat=yes", Class: "old", Strength: 0.9}}}}
	dir := t.TempDir()
	if err := SaveBundle(dir, b, tensors); err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadBundle(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	all := loaded.All()
	if len(all) != 2 || all[0].Network != FirstClassifier || all[0].Task != "age" || !cmp.Equal(all[0].Classes, b.Classes) || !cmp.Equal(all[1], b.Classifiers[0]) {
		t.Errorf("classifiers %+v", all)
	}
	for want, change := range map[string]func(c *Classifier){
		`classifier name "Biased"`:           func(c *Classifier) { c.Name = "Biased" },
		`the network "nowhere"`:              func(c *Classifier) { c.Network = "nowhere" },
		"there are no classes":               func(c *Classifier) { c.Classes = nil },
		`class "old" comes twice`:            func(c *Classifier) { c.Classes = []string{"old", "old"} },
		`two classifiers are named "biased"`: func(*Classifier) {},
	} {
		changed, c := *b, b.Classifiers[0]
		change(&c)
		changed.Classifiers = []Classifier{c, b.Classifiers[0]}
		if err := SaveBundle(t.TempDir(), &changed, tensors); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
