package bundle

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"otherwise/classify"
	"otherwise/eced"
	"otherwise/ldce"
)

// Everything in the shipped recipes that can be checked without their weights.
func TestShippedRecipesMakeSense(t *testing.T) {
	names := recipeNames(recipes, "recipes")
	if len(names) < 10 {
		t.Errorf("there are %d recipes", len(names))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			r, _, _, err := FindRecipe(name)
			if err != nil {
				t.Fatal(err)
			}
			if r.Name != name || r.Description == "" || r.Paper == "" {
				t.Errorf("name %q, description %q, paper %q", r.Name, r.Description, r.Paper)
			}
			if _, err := r.Classes.read(""); err != nil {
				t.Error(err)
			}
			for part, p := range r.Parts() {
				if !strings.HasPrefix(p.Weights, "hf://") && p.From == "" {
					t.Errorf("%s says nowhere to get it", part)
				}
				if strings.HasPrefix(p.Weights, "hf://") && !hubReference.MatchString(p.Weights) {
					t.Errorf("%s is no reference to the hub: %s", part, p.Weights)
				}
			}
			checkClassifier(t, r.Classifier)
			options, err := r.options()
			if err != nil {
				t.Fatal(err)
			}
			for method, into := range map[string]any{"ldce": new(ldce.Options), "eced": new(eced.Options)} {
				if raw := options[method]; raw != nil {
					if err := strict(raw, into); err != nil {
						t.Errorf("%s: %v", method, err)
					}
				}
			}
		})
	}
}

func checkClassifier(t *testing.T, c ClassifierPart) {
	t.Helper()
	config, err := json.Marshal(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	model, err := classify.FromConfig(c.Architecture, config)
	if err != nil {
		t.Fatal(err)
	}
	network, is := model.(classify.Network)
	if !is {
		t.Fatalf("%s doesn't classify", c.Architecture)
	}
	if c.CAMLayer != "" && !slices.Contains(network.Layers(), c.CAMLayer) {
		t.Errorf("there is no layer %q in %q", c.CAMLayer, network.Layers())
	}
}
